import { perMillion, secondsPerMillion, type Benchmark } from './benchmark.ts';

/** Three lists with one and a half rows to a person, matched by two rules, and two segments. */
export const unify: Benchmark = {
  name: 'unify',
  async run(line) {
    const { reading, unifying } = await line.unified();
    return [
      {
        work: 'unify 3 sources, and segments',
        figure: `${unifying.toFixed(1)} s; reading the files before it ${reading.toFixed(1)} s`,
        value: perMillion(unifying, line.people),
        target: secondsPerMillion(120, 45),
      },
    ];
  },
};
