import { inputError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import { usageOf, usageText, type SegmentUsers } from '../segments/segment-usage.ts';

/**
 * Segments that are to go stay while somebody speaks of them.
 * @param left what remains when they are gone
 * @throws `segment_in_use` with the list, for the first of them
 */
export function refuseInUse(going: Iterable<SegmentId>, left: SegmentUsers): void {
  for (const id of going) {
    const users = usageText(usageOf(id, left));
    if (users === '') continue;
    throw inputError(
      'segment_in_use',
      `The segment "${id}" is in use: ${users}.`,
      'Take it out there first; --force removes it all the same, and these stop working.',
    );
  }
}
