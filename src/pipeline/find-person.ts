import type { CustomerId, SegmentId, SourceId } from '../base/ids.ts';
import type { Row } from '../engine/engine.ts';
import { personHistory, type PersonHistory } from '../exports/person-history.ts';
import { personStory, type PersonStory } from '../profiles/person-story.ts';
import { findPeople } from '../profiles/profile-search.ts';
import { explainPeople, type ExplainedRule } from '../segments/explain-people.ts';
import { RulesError } from '../segments/rule-problem.ts';
import { memberSince } from '../segments/segment-changes.ts';
import type { SegmentConfig } from '../segments/segment-config.ts';
import { segmentsOf } from '../segments/segment-members.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { findPersonRows, readPersonRows } from '../sources/person-rows.ts';
import { rowLinksOf } from './person-traces.ts';
import { segmentName, type PipelineParts } from './pipeline-parts.ts';
import { zoneOf } from './settings.ts';
import { currentCatalogue } from './refresh.ts';

/** One person's whole story: from the source rows to what Mailchimp answered. */
export interface Person extends PersonStory {
  segments: PersonSegment[];
  history: PersonHistory;
  /** Rows beside the records that belong to them, or hold an address of theirs: orders, say. */
  related: { source: SourceId; row: Row }[];
}

/** A segment that somebody is in. */
export interface PersonSegment {
  segment: SegmentId;
  name: string;
  /** When a refresh first saw them in it without a break: ISO 8601, UTC. */
  since: string | null;
  /** The conditions that hold for them now, in words; none of a list, or where the rules do not fit the data any more. */
  because: string[];
}

/** Conditions are looked at for so many of a person's segments. */
const mostReasons = 20;

/** So many related rows of a source are shown at most. */
const mostRelated = 1_000;

/** The people behind an address or a customer id; more than one where no rule joined them. */
export async function findPerson(parts: PipelineParts, text: string): Promise<Person[]> {
  const { engine } = parts;
  const people: Person[] = [];
  for (const id of await findPeople(engine, text)) {
    const story = await personStory(engine, id);
    if (story === undefined) continue;
    people.push({
      ...story,
      segments: await segmentsWithReasons(parts, id),
      history: await personHistory(engine, story.addresses),
      related: await relatedRows(parts, story),
    });
  }
  return people;
}

async function segmentsWithReasons(parts: PipelineParts, id: CustomerId): Promise<PersonSegment[]> {
  const { engine, settings, clock } = parts;
  const since = await memberSince(engine, id);
  const options = { now: clock.now(), timeZone: zoneOf(settings) };
  const found: PersonSegment[] = [];
  for (const [index, segment] of (await segmentsOf(engine, id)).entries()) {
    const because =
      index < mostReasons ? await conditionsThatHold(parts, settings.segments.get(segment), id, options) : [];
    found.push({
      segment,
      name: segmentName(settings, segment),
      since: since.get(segment) ?? null,
      because,
    });
  }
  return found;
}

async function conditionsThatHold(
  parts: PipelineParts,
  config: SegmentConfig | undefined,
  id: CustomerId,
  options: { now: Date; timeZone: string },
): Promise<string[]> {
  if (config?.rules === undefined) return [];
  const { rules, asOf } = config;
  try {
    const catalogue = await currentCatalogue(parts);
    const [explained] = await explainPeople(parts.engine, catalogue, { rules, asOf }, [id], options);
    return holding(explained?.rules ?? []);
  } catch (error) {
    // Rules that do not fit the data must not hide everything else of a person.
    if (error instanceof RulesError) return [];
    throw error;
  }
}

function holding(rules: readonly ExplainedRule[]): string[] {
  return rules
    .filter(({ holds }) => holds)
    .flatMap((rule) => (rule.rules === undefined ? [rule.text] : holding(rule.rules)));
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
