import type { SegmentId, SourceId } from '../base/ids.ts';
import type { Row } from '../engine/engine.ts';
import { personHistory, type PersonHistory } from '../exports/person-history.ts';
import { personStory, type PersonStory } from '../profiles/person-story.ts';
import { findPeople } from '../profiles/profile-search.ts';
import { segmentsOf } from '../segments/segment-members.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { findPersonRows, readPersonRows } from '../sources/person-rows.ts';
import { rowLinksOf } from './person-traces.ts';
import { segmentName, type PipelineParts } from './pipeline-parts.ts';

/** One person's whole story: from the source rows to what Mailchimp answered. */
export interface Person extends PersonStory {
  segments: { segment: SegmentId; name: string }[];
  history: PersonHistory;
  /** Rows beside the records that belong to them, or hold an address of theirs: orders, say. */
  related: { source: SourceId; row: Row }[];
}

/** So many related rows of a source are shown at most. */
const mostRelated = 1_000;

/** The people behind an address or a customer id; more than one where no rule joined them. */
export async function findPerson(parts: PipelineParts, text: string): Promise<Person[]> {
  const { engine, settings } = parts;
  const people: Person[] = [];
  for (const id of await findPeople(engine, text)) {
    const story = await personStory(engine, id);
    if (story === undefined) continue;
    const segments = await segmentsOf(engine, id);
    people.push({
      ...story,
      segments: segments.map((segment) => ({ segment, name: segmentName(settings, segment) })),
      history: await personHistory(engine, story.addresses),
      related: await relatedRows(parts, story),
    });
  }
  return people;
}

async function relatedRows(
  { engine, settings }: PipelineParts,
  story: PersonStory,
): Promise<Person['related']> {
  const links = rowLinksOf(settings);
  const found = await findPersonRows(engine, await loadedSources(engine), story, links);
  const told = new Set(story.records.map(({ source, key }) => JSON.stringify([source, key])));
  return (await readPersonRows(engine, found, mostRelated)).filter(
    ({ source, row }) => !told.has(JSON.stringify([source, row._key])),
  );
}
