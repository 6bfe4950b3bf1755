import type { SegmentId } from '../base/ids.ts';
import { personHistory, type PersonHistory } from '../exports/person-history.ts';
import { personStory, type PersonStory } from '../profiles/person-story.ts';
import { findPeople } from '../profiles/profile-search.ts';
import { segmentsOf } from '../segments/segment-members.ts';
import { segmentName, type PipelineParts } from './pipeline-parts.ts';

/** One person's whole story: from the source rows to what Mailchimp answered. */
export interface Person extends PersonStory {
  segments: { segment: SegmentId; name: string }[];
  history: PersonHistory;
}

/** The people behind an address or a customer id; more than one where no rule joined them. */
export async function findPerson({ engine, settings }: PipelineParts, text: string): Promise<Person[]> {
  const people: Person[] = [];
  for (const id of await findPeople(engine, text)) {
    const story = await personStory(engine, id);
    if (story === undefined) continue;
    const segments = await segmentsOf(engine, id);
    people.push({
      ...story,
      segments: segments.map((segment) => ({ segment, name: segmentName(settings, segment) })),
      history: await personHistory(engine, story.addresses),
    });
  }
  return people;
}
