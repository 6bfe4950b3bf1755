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
