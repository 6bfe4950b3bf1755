import type { CustomerId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { findPeople } from '../profiles/profile-search.ts';
import { explainPeople, type Explanation } from '../segments/explain-people.ts';
import { isHeldOut } from '../segments/hold-out.ts';
import type { Language } from '../segments/rule-phrases.ts';
import type { HoldOut } from '../segments/segment-config.ts';
import { segmentsOf } from '../segments/segment-members.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { segmentName, segmentOf, type PipelineParts } from './pipeline-parts.ts';
import { zoneOf } from './settings.ts';
import { currentCatalogue } from './refresh.ts';

/** Why somebody is in a segment, or is not, by the data as they are loaded now. */
export interface SegmentAnswer extends Explanation {
  segment: SegmentId;
  name: string;
  /** Whether they were in it when it was last computed. */
  member: boolean;
  /** Whether the segment's hold-out keeps them out, whatever its rules say. */
  heldOut: boolean;
}

/** Of everybody behind an address or a customer id; of people who are held out, by the rules of the segment they are held out of. */
export async function whyInSegment(
  parts: PipelineParts,
  segment: string,
  text: string,
  language: Language,
): Promise<SegmentAnswer[]> {
  const { engine, settings, clock } = parts;
  const id = segmentOf(settings, segment);
  const config = settings.segments.get(id);
  const people = await findPeople(engine, text);
  if (config === undefined || people.length === 0) return [];
  const from = config.heldOutOf === undefined ? config : settings.segments.get(config.heldOutOf as SegmentId);
  const { rules, asOf = 'now' } = from ?? {};
  const explained =
    rules === undefined
      ? undefined
      : await explainPeople(engine, await currentCatalogue(parts), { rules, asOf }, people, {
          now: clock.now(),
          timeZone: zoneOf(settings),
          language,
        });
  const held = await heldOutOf(engine, people, from?.holdOut, config.heldOutOf ?? id);
  const computed = (await segmentSizes(engine)).some((size) => size.segment === id);
  return Promise.all(
    people.map(async (customerId) => {
      const member = computed && (await segmentsOf(engine, customerId)).includes(id);
      // Whom a list names is all the reason there is.
      const answer = explained?.find((each) => each.customerId === customerId);
      const fits = answer ?? { customerId, holds: member, rules: [] };
      return { ...fits, segment: id, name: segmentName(settings, id), member, heldOut: held.has(customerId) };
    }),
  );
}

async function heldOutOf(
  engine: Engine,
  people: readonly CustomerId[],
  holdOut: HoldOut | undefined,
  seed: string,
): Promise<ReadonlySet<string>> {
  if (holdOut === undefined) return new Set();
  const held = isHeldOut(engine.dialect, sql`id`, { share: holdOut.share, seed: holdOut.seed ?? seed });
  const rows = await engine.rows<{ id: string }>(
    sql`SELECT id FROM (SELECT unnest(${people}) AS id) AS person WHERE ${held}`,
  );
  return new Set(rows.map(({ id }) => id));
}
