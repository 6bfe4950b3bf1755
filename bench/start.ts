import type { Benchmark } from './benchmark.ts';

/** A command that only opens a folder with people and a run in it, from its start to its end. */
export const start: Benchmark = {
  name: 'start',
  async run(line) {
    await line.firstRun();
    line.say('opening the folder');
    const { seconds } = await line.postrider('runs');
    return [
      {
        work: 'start of the embedded application',
        figure: '`postrider runs`, process and closing included',
        value: seconds,
        target: { better: 'less', bar: 5, goal: 2, show: (value) => `${value.toFixed(1)} s` },
      },
    ];
  },
};
