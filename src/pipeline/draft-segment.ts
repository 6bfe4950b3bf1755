import { checkDraft, type Draft } from '../segments/check-segments.ts';
import { describeRules } from '../segments/describe-rules.ts';
import { explainPeople, type Explanation } from '../segments/explain-people.ts';
import { liveCounts, type LiveCounts } from '../segments/live-count.ts';
import type { Language } from '../segments/rule-phrases.ts';
import type { CustomerId } from '../base/ids.ts';
import type { Row } from '../engine/engine.ts';
import { profilesById } from '../profiles/profile-page.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { zoneOf } from './settings.ts';
import { currentCatalogue } from './refresh.ts';

/** What rules that are being written would find, for whoever writes them. */
export interface DraftAnswer extends Omit<LiveCounts, 'first'> {
  /** The rules in plain words. */
  sentence: string;
  /** Some of the people, each with why. */
  first: (Explanation & { person: Row | null })[];
}

/** As many as one looks at. */
const shownPeople = 10;

/**
 * Counts people for rules that are no segment yet: the whole and every rule, exactly, with some people and why they are in.
 * @param signal aborted when the rules were changed meanwhile
 * @throws RulesError with everything that is wrong in them
 */
export async function lookAhead(
  parts: PipelineParts,
  draft: Draft,
  { language = 'en', signal }: { language?: Language; signal?: AbortSignal | undefined } = {},
): Promise<DraftAnswer> {
  const { engine, settings, clock } = parts;
  const catalogue = await currentCatalogue(parts);
  const options = { now: clock.now(), timeZone: zoneOf(settings), signal };
  const { first, ...counts } = await liveCounts(engine, catalogue, draft, { ...options, first: shownPeople });
  const explained = await explainPeople(engine, catalogue, draft, first as CustomerId[], {
    ...options,
    language,
  });
  const sentence = describeRules(checkDraft(draft, catalogue).rules, catalogue, language);
  const people = await profilesById(engine, first as CustomerId[]);
  return {
    ...counts,
    sentence,
    first: explained.map((each) => ({ ...each, person: people.get(each.customerId) ?? null })),
  };
}
