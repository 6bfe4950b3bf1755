import type { Page, PageAsked } from '../base/page.ts';
import type { Row } from '../engine/engine.ts';
import { lookAhead, type DraftAnswer } from '../pipeline/draft-segment.ts';
import { segmentOf } from '../pipeline/pipeline-parts.ts';
import { currentCatalogue } from '../pipeline/refresh.ts';
import { refreshedSegment, refreshSegment, type RefreshedSegment } from '../pipeline/refresh-one-segment.ts';
import { overviewOf, segmentOverviews, type SegmentOverview } from '../pipeline/segment-overview.ts';
import { whyInSegment, type SegmentAnswer } from '../pipeline/why-in-segment.ts';
import { profilesById } from '../profiles/profile-page.ts';
import { readProfileShape } from '../profiles/profile-shape.ts';
import { membersCsv } from '../segments/members-csv.ts';
import type { Draft } from '../segments/check-segments.ts';
import { fieldOverview, quickRules, type FieldOverview } from '../segments/quick-segment.ts';
import type { Language } from '../segments/rule-phrases.ts';
import {
  memberChanges,
  segmentTrend,
  type MemberChange,
  type TrendPoint,
} from '../segments/segment-changes.ts';
import type { SegmentConfig } from '../segments/segment-config.ts';
import { memberPage, segmentMembers } from '../segments/segment-members.ts';
import { segmentOverlap, type OverlapPart } from '../segments/segment-overlap.ts';
import { suggestValues, type SuggestedValues, type SuggestOptions } from '../segments/suggest-values.ts';
import { addSegment, changeSegment, removeSegment } from '../workspace/stored-segments.ts';
import { remember, type AppGround } from './app-ground.ts';
import { ruleFieldsOf, type RuleFields } from './rule-fields.ts';

/** Who is in which segment, since when and why. */
export interface SegmentActions {
  segments(): Promise<SegmentOverview[]>;
  segment(id: string): Promise<SegmentOverview>;
  /** Finds its people anew, static or not, and those of the segments that depend on it. */
  refreshSegment(id: string): Promise<RefreshedSegment>;
  /** Refreshes it and makes it static: the people it has now stay. */
  freezeSegment(id: string): Promise<RefreshedSegment>;
  removeSegment(id: string, options: { force: boolean }): Promise<void>;
  segmentMembers(segment: string): AsyncIterable<Record<string, unknown>[]>;
  segmentMemberPage(segment: string, page: PageAsked): Promise<Page<Record<string, unknown>>>;
  /** The same as CSV, safe to open in a spreadsheet. */
  segmentCsv(segment: string): AsyncIterable<string>;
  /** Rules that are being written: how many people, rule by rule, in words, and some of them with why. */
  lookAhead(
    draft: Draft,
    options?: { language?: Language; signal?: AbortSignal | undefined },
  ): Promise<DraftAnswer>;
  /** What rules can ask of people. */
  ruleFields(): Promise<RuleFields>;
  /** The values of a field over all rows, the commonest first. */
  suggestValues(field: string, options: SuggestOptions): Promise<SuggestedValues>;
  /** What stands in one attribute, for a segment made of one value of it. */
  fieldOverview(field: string): Promise<FieldOverview>;
  /** Stores a segment of one value of an attribute; `>=` or `<=` may stand before a number or a day. */
  quickSegment(id: string, field: string, value: string): Promise<SegmentOverview>;
  /** A new segment with the rules of another one, as a draft, so that nobody sends it by accident. */
  duplicateSegment(id: string, as: string): Promise<SegmentOverview>;
  /** What people see and the tag is called, the words to find it by, its state, or that it is dynamic again. */
  changeSegment(id: string, change: SegmentChange): Promise<SegmentOverview>;
  /** How many people several segments have in common: one entry for every combination. */
  segmentOverlap(ids: readonly string[]): Promise<OverlapPart[]>;
  segmentTrend(id: string, options: { limit: number }): Promise<TrendPoint[]>;
  /** Who entered and left, the newest first, each with what is known of them now; null: nothing any more. */
  memberChanges(
    id: string,
    page: { limit: number; offset: number; change?: MemberChange['change'] | undefined },
  ): Promise<(MemberChange & { person: Row | null })[]>;
  /** Rule by rule why the people behind an address or id are in a segment, or are not. */
  whyInSegment(segment: string, text: string, language?: Language): Promise<SegmentAnswer[]>;
}

export type SegmentChange = Partial<Pick<SegmentConfig, 'name' | 'description' | 'tags' | 'state'>> & {
  /** Its people are found by its rules again; for the other way see `freezeSegment`, which finds them first. */
  type?: 'dynamic';
};

export function segmentActions(ground: AppGround): SegmentActions {
  const { engine, store, clock, by, parts, inTurn } = ground;
  const doing = () => ({ by, now: clock.now() });
  const membersOf = async (segment: string) => {
    const { settings } = await parts();
    const { attributes } = await readProfileShape(engine);
    const known = segmentOf(settings, segment);
    return { attributes, pages: segmentMembers(engine, attributes, { segment: known }) };
  };
  return {
    segments: async () => segmentOverviews(await parts()),
    segment: async (id) => overviewOf(await parts(), id),
    refreshSegment: (id) =>
      inTurn(async () => {
        const refreshed = await refreshSegment(await parts(), id);
        await remember(ground);
        return refreshed;
      }),
    freezeSegment: async (id) => {
      const known = segmentOf((await parts()).settings, id);
      await inTurn(async () => refreshSegment(await parts(), known));
      await changeSegment(store.db, known, { type: 'static' }, doing());
      await inTurn(() => remember(ground));
      return refreshedSegment(await parts(), known, [known]);
    },
    removeSegment: async (id, { force }) => {
      const { settings } = await parts();
      await removeSegment(store.db, segmentOf(settings, id), { settings, force, ...doing() });
    },
    segmentMembers: async function* (segment) {
      yield* (await membersOf(segment)).pages;
    },
    segmentMemberPage: async (segment, page) => {
      const known = segmentOf((await parts()).settings, segment);
      const { attributes } = await readProfileShape(engine);
      return memberPage(engine, attributes, { segment: known, ...page });
    },
    segmentCsv: async function* (segment) {
      const { attributes, pages } = await membersOf(segment);
      yield* membersCsv(attributes, pages);
    },
    lookAhead: async (draft, options) => lookAhead(await parts(), draft, options),
    ruleFields: async () => ruleFieldsOf(await currentCatalogue(await parts())),
    suggestValues: async (field, options) =>
      suggestValues(engine, await currentCatalogue(await parts()), field, options),
    fieldOverview: async (field) => fieldOverview(engine, await currentCatalogue(await parts()), field),
    quickSegment: async (id, field, value) => {
      const rules = quickRules(await currentCatalogue(await parts()), field, value);
      const added = await addSegment(store.db, id, { rules }, doing());
      return overviewOf(await parts(), added);
    },
    duplicateSegment: async (id, as) => {
      const { settings } = await parts();
      const config = settings.segments.get(segmentOf(settings, id));
      // A second segment of one name would share its tag.
      const { name: _, ...copied } = config ?? {};
      const added = await addSegment(store.db, as, { ...copied, state: 'draft' }, doing());
      return overviewOf(await parts(), added);
    },
    changeSegment: async (id, change) => {
      const known = segmentOf((await parts()).settings, id);
      await changeSegment(store.db, known, change, doing());
      return overviewOf(await parts(), known);
    },
    segmentOverlap: async (ids) => {
      const { settings } = await parts();
      return segmentOverlap(
        engine,
        ids.map((id) => segmentOf(settings, id)),
      );
    },
    segmentTrend: async (id, options) =>
      segmentTrend(engine, segmentOf((await parts()).settings, id), options),
    memberChanges: async (id, page) => {
      const changes = await memberChanges(engine, segmentOf((await parts()).settings, id), page);
      const people = await profilesById(
        engine,
        changes.map(({ customerId }) => customerId),
      );
      return changes.map((each) => ({ ...each, person: people.get(each.customerId) ?? null }));
    },
    whyInSegment: async (segment, text, language = 'en') =>
      whyInSegment(await parts(), segment, text, language),
  };
}
