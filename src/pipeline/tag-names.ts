import type { SegmentId } from '../base/ids.ts';
import type { PlannedTag } from '../exports/plan.ts';

/** What the tags of segments are called in a run: as they are written, and as they are compared. */
export function tagNames(tags: readonly PlannedTag[]): {
  spelled(segment: SegmentId): string;
  folded(segment: SegmentId): string;
} {
  const names = new Map(tags.map((tag) => [tag.segment, tag.name]));
  const spelled = (segment: SegmentId) => names.get(segment) ?? segment;
  return { spelled, folded: (segment) => spelled(segment).toLowerCase() };
}
