import type { SegmentId } from '../base/ids.ts';
import { findPeople } from '../profiles/profile-search.ts';
import { explainPeople, type Explanation } from '../segments/explain-people.ts';
import type { Language } from '../segments/rule-phrases.ts';
import { segmentsOf } from '../segments/segment-members.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { segmentName, segmentOf, type PipelineParts } from './pipeline-parts.ts';
import { currentCatalogue } from './refresh.ts';

/** Why somebody is in a segment, or is not, by the data as they are loaded now. */
export interface SegmentAnswer extends Explanation {
  segment: SegmentId;
  name: string;
  /** Whether they were in it when it was last computed. */
  member: boolean;
}

/** Of everybody behind an address or a customer id. */
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
  const computed = (await segmentSizes(engine)).some((size) => size.segment === id);
  const { rules, asOf } = config;
  if (rules === undefined) {
    // Whom a list names is all the reason there is.
    return Promise.all(
      people.map(async (customerId) => {
        const member = computed && (await segmentsOf(engine, customerId)).includes(id);
        return { customerId, holds: member, rules: [], segment: id, name: segmentName(settings, id), member };
      }),
    );
  }
  const explained = await explainPeople(engine, await currentCatalogue(parts), { rules, asOf }, people, {
    now: clock.now(),
    timeZone: settings.schedule?.timeZone ?? 'UTC',
    language,
  });
  return Promise.all(
    explained.map(async (explanation) => ({
      ...explanation,
      segment: id,
      name: segmentName(settings, id),
      member: computed && (await segmentsOf(engine, explanation.customerId)).includes(id),
    })),
  );
}
