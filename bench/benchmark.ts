import type { Line } from './line.ts';

/** One row of the table: what was measured, beside the numbers that DESIGN §8 sets for it. */
export interface Measurement {
  work: string;
  /** The measurement in the units it was taken in, with its circumstances. */
  figure: string;
  /** In the unit of `target`. */
  value: number;
  target: Target;
}

export interface Target {
  better: 'more' | 'less';
  bar: number;
  goal: number;
  /** Writes a value, the bar or the goal for a person. */
  show(value: number): string;
}

export interface Benchmark {
  /** For the command line. */
  name: string;
  run(line: Line): Promise<Measurement[]>;
}

/**
 * What was measured several times, as one row each: the median run, with the worst and the best beside it. A row that one
 * of the runs lacks is left out.
 */
export function medians(runs: readonly (readonly Measurement[])[]): Measurement[] {
  const [first = []] = runs;
  return first.flatMap(({ work }) => {
    const same = runs.flatMap((rows) => rows.filter((row) => row.work === work));
    if (same.length < runs.length) return [];
    const ranked = same.toSorted((a, b) => a.value - b.value);
    const [median, least, most] = [ranked[Math.floor(ranked.length / 2)], ranked[0], ranked.at(-1)];
    if (median === undefined || least === undefined || most === undefined || runs.length === 1) return same;
    const { show } = median.target;
    const spread = `${show(least.value)} to ${show(most.value)} in ${runs.length} runs; the median one`;
    return [{ ...median, figure: `${spread}: ${median.figure}` }];
  });
}

export type Verdict = 'goal' | 'bar' | 'not reached';

export function verdictOf({ value, target }: Measurement): Verdict {
  const reaches = (wanted: number) => (target.better === 'more' ? value >= wanted : value <= wanted);
  if (reaches(target.goal)) return 'goal';
  return reaches(target.bar) ? 'bar' : 'not reached';
}

/** The size that the seconds of DESIGN §8 are given for. */
const fullSize = 1_000_000;

/**
 * Seconds for a million people, for work that grows with them: fewer people get so much less time, though
 * what a run costs at any size is then counted in full.
 */
export function secondsPerMillion(bar: number, goal: number): Target {
  return { better: 'less', bar, goal, show: (value) => `${value.toFixed(1)} s/million` };
}

export function perMillion(seconds: number, people: number): number {
  return (seconds * fullSize) / people;
}
