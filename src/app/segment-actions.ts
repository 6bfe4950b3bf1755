import { segmentOf } from '../pipeline/pipeline-parts.ts';
import { refreshedSegment, refreshSegment, type RefreshedSegment } from '../pipeline/refresh-one-segment.ts';
import { overviewOf, segmentOverviews, type SegmentOverview } from '../pipeline/segment-overview.ts';
import { whyInSegment, type SegmentAnswer } from '../pipeline/why-in-segment.ts';
import { readProfileShape } from '../profiles/profile-shape.ts';
import { membersCsv } from '../segments/members-csv.ts';
import type { Language } from '../segments/rule-phrases.ts';
import { segmentMembers } from '../segments/segment-members.ts';
import { changeSegment, removeSegment } from '../workspace/stored-segments.ts';
import type { AppGround } from './app-ground.ts';

/** Who is in which segment, since when and why. */
export interface SegmentActions {
  segments(): Promise<SegmentOverview[]>;
  segment(id: string): Promise<SegmentOverview>;
  /** Finds its people anew, static or not, and those of the segments that depend on it. */
  refreshSegment(id: string): Promise<RefreshedSegment>;
  /** Refreshes it and makes it static: the people it has now stay. */
  freezeSegment(id: string): Promise<RefreshedSegment>;
  removeSegment(id: string, options: { force: boolean }): Promise<void>;
  segmentMembers(segment: string): Promise<SegmentMembers>;
  /** Rule by rule why the people behind an address or id are in a segment, or are not. */
  whyInSegment(segment: string, text: string, language?: Language): Promise<SegmentAnswer[]>;
}

/** The members of a segment, streamed when asked for. */
export interface SegmentMembers {
  pages(): AsyncIterable<Record<string, unknown>[]>;
  csv(): AsyncIterable<string>;
}

export function segmentActions({ engine, store, clock, by, parts }: AppGround): SegmentActions {
  return {
    segments: async () => segmentOverviews(await parts()),
    segment: async (id) => overviewOf(await parts(), id),
    refreshSegment: async (id) => refreshSegment(await parts(), id),
    freezeSegment: async (id) => {
      const known = segmentOf((await parts()).settings, id);
      await refreshSegment(await parts(), known);
      await changeSegment(store.db, known, { type: 'static' }, { by, now: clock.now() });
      return refreshedSegment(await parts(), known, [known]);
    },
    removeSegment: async (id, { force }) => {
      const { settings } = await parts();
      await removeSegment(store.db, segmentOf(settings, id), { settings, force, by, now: clock.now() });
    },
    segmentMembers: async (segment) => {
      const { settings } = await parts();
      const { attributes } = await readProfileShape(engine);
      const known = segmentOf(settings, segment);
      const pages = () => segmentMembers(engine, attributes, { segment: known });
      return { pages, csv: () => membersCsv(attributes, pages()) };
    },
    whyInSegment: async (segment, text, language = 'en') =>
      whyInSegment(await parts(), segment, text, language),
  };
}
