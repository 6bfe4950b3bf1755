import type { AggregateFunction } from './rule.ts';

/** What related rows make where there are none: counts and sums are 0, everything else is missing. */
export function valueOfNoRows(fn: AggregateFunction): 0 | null {
  return fn === 'count' || fn === 'countDistinct' || fn === 'sum' ? 0 : null;
}
