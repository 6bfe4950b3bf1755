import type { Benchmark } from './benchmark.ts';

/** The most memory that the process of a first run ever holds; part of it is there whatever the number of people. */
export const memory: Benchmark = {
  name: 'memory',
  async run(line) {
    const { used, seconds } = await line.firstRun();
    if (used === undefined) return [];
    return [
      {
        work: 'peak memory of a run',
        figure: `first run, ${seconds.toFixed(1)} s, ${used.cpuSeconds.toFixed(1)} s of CPU`,
        value: used.peakBytes / 1e6,
        target: { better: 'less', bar: 1500, goal: 700, show: (megabytes) => `${megabytes.toFixed(0)} MB` },
      },
    ];
  },
};
