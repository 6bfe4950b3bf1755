/** The failure in a row from which on there is a wait; the ones before cost nothing, since people mistype. */
const firstCounted = 5;
const firstWaitSeconds = 30;
const longestWaitSeconds = 60 * 60;

/**
 * How many seconds after the last failure the next sign-in is tried at all, when `failures` in a row have
 * failed: 0 for the first four, then 30 and doubling, an hour at most. Counted for an address and for an IP
 * address apart; the longer wait holds.
 */
export function waitAfter(failures: number): number {
  if (failures < firstCounted) return 0;
  return Math.min(longestWaitSeconds, firstWaitSeconds * 2 ** (failures - firstCounted));
}
