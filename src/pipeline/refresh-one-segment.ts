import type { SegmentId } from '../base/ids.ts';
import { unlistedLines } from '../segments/member-list.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { segmentOf, type PipelineParts } from './pipeline-parts.ts';
import { recomputeSegments } from './refresh.ts';
import { segmentOverviews, type SegmentOverview } from './segment-overview.ts';

/** The segment that was asked for comes first, then those that depend on it. */
export interface RefreshedSegment {
  segments: SegmentOverview[];
  /** The first lines of its list that name nobody. */
  unlistedLines: number[];
}

// As many as somebody looks up by hand.
const mostLines = 20;

/** Finds the people of a segment anew, static or not, and those of the segments that depend on it. */
export async function refreshSegment(parts: PipelineParts, segment: string): Promise<RefreshedSegment> {
  const id = segmentOf(parts.settings, segment);
  const now = parts.clock.now();
  await recomputeSegments(parts, now, [id]);
  const fresh = (await segmentSizes(parts.engine)).filter(
    ({ refreshedAt }) => refreshedAt === now.toISOString(),
  );
  const others = fresh.map((size) => size.segment).filter((other) => other !== id);
  return refreshedSegment(parts, id, [id, ...others]);
}

/** How these segments are now; the first is the one that was asked for. */
export async function refreshedSegment(
  parts: PipelineParts,
  id: SegmentId,
  all: readonly SegmentId[],
): Promise<RefreshedSegment> {
  const overviews = await segmentOverviews(parts);
  return {
    segments: all.flatMap((each) => overviews.filter(({ segment }) => segment === each)),
    unlistedLines: await unlistedLines(parts.engine, id, mostLines),
  };
}
