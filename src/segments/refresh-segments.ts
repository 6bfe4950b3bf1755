import { inputError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkSegments, keepsPeople, segmentsIn, type CheckedSegment } from './check-segments.ts';
import { compileRules } from './compile-rules.ts';
import { holdingOut } from './hold-out.ts';
import { readMemberList, takeInLists, type ListedLine } from './member-list.ts';
import { customerKeys, type PeopleKeys } from './people-keys.ts';
import { withPeopleNumbers } from './people-numbers.ts';
import { peopleStartsIn } from './rule-leaves.ts';
import { noteChanges } from './segment-changes.ts';
import { stateOf, type SegmentConfig } from './segment-config.ts';
import { isOneOf, segmentSizes, segmentTables, type SegmentSize } from './segment-sizes.ts';
import { lookAtTests } from './segment-tests.ts';

export interface RefreshOptions {
  now: Date;
  /** IANA name; days are days there. */
  timeZone: string;
  /** Where relative paths of member lists start. */
  folder?: string;
  /**
   * Refreshes these, by hand: also the static ones among them, and then the dynamic ones whose rules speak of one that
   * was refreshed. One that is held out of another goes with it, and the other with it. Absent: all that are dynamic or new.
   */
  only?: readonly SegmentId[];
}

/**
 * Finds the members of the active segments anew and writes them all at once; if anything fails, every segment
 * stays as it was. Inactive ones keep their members, and so do those who are held out of one. Drafts and segments that are not among `segments` any more are
 * forgotten, and so are members whose profile is gone.
 * @returns the sizes of all segments
 * @throws RulesError with everything that is wrong in the rules of active segments; `segment_not_active` for one of `only`
 *   that is not; `segment_not_computed` where rules speak of an inactive one that has no people to keep;
 *   `segment_list_unreadable`
 */
export async function refreshSegments(
  engine: Engine,
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  catalogue: Catalogue,
  options: RefreshOptions,
): Promise<SegmentSize[]> {
  const { only, folder = '.' } = options;
  const all = checkSegments(segments, catalogue);
  for (const id of only ?? []) refuseNotActive(id, segments);
  const known = new Set((await segmentSizes(engine)).map(({ segment }) => segment));
  const due =
    only === undefined
      ? all.filter(({ id, type }) => type === 'dynamic' || !known.has(id))
      : withDependents(all, only, segments);
  refuseNeverComputed(due, known);
  const dueIds = new Set(due.map(({ id }) => id));
  const kept = [...segments]
    .filter(([id, config]) => stateOf(config) !== 'draft' && !dueIds.has(id))
    .map(([id]) => id);
  const lists = new Map<SegmentId, ListedLine[]>();
  for (const { id, list } of due) {
    if (list !== undefined) lists.set(id, await readMemberList(list, folder, `segments.${id}.members`));
  }

  const starts = due.flatMap(({ rules }) => peopleStartsIn(rules));
  const refresh = { segments, due, kept, known, lists };
  const write = (keys: PeopleKeys) => writeMembers(engine, refresh, options, keys);
  if (starts.length < worthNumbering) await write(customerKeys);
  else await withPeopleNumbers(engine, starts, ({ keys }) => write(keys));
  return segmentSizes(engine);
}

/** `all` has each segment after those it speaks of, so one pass finds what depends on what. */
function withDependents(
  all: readonly CheckedSegment[],
  only: readonly SegmentId[],
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
): CheckedSegment[] {
  const due = new Set(only);
  // Who is held out is compared with who is not, so both are found at one time.
  for (const { id, heldOutOf } of all) if (heldOutOf !== undefined && due.has(id)) due.add(heldOutOf);
  for (const { id, rules, heldOutOf } of all) {
    const others = heldOutOf === undefined ? segmentsIn(rules) : [heldOutOf];
    if (segments.get(id)?.type === 'dynamic' && others.some((other) => due.has(other))) due.add(id);
  }
  return all.filter(({ id }) => due.has(id));
}

function refuseNotActive(id: SegmentId, segments: ReadonlyMap<SegmentId, SegmentConfig>): void {
  const config = segments.get(id);
  if (config === undefined) return;
  const state = stateOf(config);
  if (state === 'active' && !keepsPeople(config, segments)) return;
  const isWhat = {
    draft: 'a draft',
    inactive: 'inactive',
    active: `held out of "${config.heldOutOf}", which is inactive,`,
  };
  throw inputError(
    'segment_not_active',
    `The segment "${id}" is ${isWhat[state]} and is not computed.`,
    `Write state: active under segments.${state === 'active' ? config.heldOutOf : id}.`,
  );
}

/** Nobody in it would pass for an answer. */
function refuseNeverComputed(due: readonly CheckedSegment[], known: ReadonlySet<SegmentId>): void {
  const there = new Set([...known, ...due.map(({ id }) => id)]);
  for (const { id, rules } of due) {
    const missing = segmentsIn(rules).find((other) => !there.has(other));
    if (missing === undefined) continue;
    throw inputError(
      'segment_not_computed',
      `segments.${id}.rules speak of "${missing}", which has not been computed yet.`,
      `Compute it first; an inactive segment needs state: active for that.`,
    );
  }
}

// Numbering people takes as long as finding the owners of a column for so many rules.
const worthNumbering = 8;

/** What a refresh writes. */
interface Refresh {
  /** Every segment there is. */
  segments: ReadonlyMap<SegmentId, SegmentConfig>;
  due: readonly CheckedSegment[];
  /** Those that keep their members. */
  kept: readonly SegmentId[];
  /** Those that were computed before. */
  known: ReadonlySet<SegmentId>;
  /** Of segments that are due and have a list instead of rules. */
  lists: ReadonlyMap<SegmentId, readonly ListedLine[]>;
}

async function writeMembers(
  engine: Engine,
  { segments, due, kept, known, lists }: Refresh,
  { now, timeZone }: Pick<RefreshOptions, 'now' | 'timeZone'>,
  keys: PeopleKeys,
): Promise<void> {
  const listed = takeInLists(engine, lists);
  const refreshedAt = engine.dialect.tryCast(sql`${now.toISOString()}`, 'time');
  const found = due.map(({ id }) => id).filter((id) => known.has(id));
  const notes = noteChanges({ found, kept }, refreshedAt);
  const changes: Change[] = [
    ...segmentTables(engine),
    ...notes.before,
    ...listed.before,
    ...(['member', 'size', 'history', 'change', 'unlisted'] as const).map(
      (table) =>
        sql`DELETE FROM ${name('segment', table)} WHERE NOT ${isOneOf(table === 'history' || table === 'change' ? [...segments.keys()] : kept)}`,
    ),
    sql`DELETE FROM segment.member WHERE customer_id NOT IN (SELECT customer_id FROM profile.profile)`,
  ];
  for (const { id, rules, asOf, list, holdOut } of due) {
    const today = await asOfDay(engine, asOf, { now, timeZone });
    const context = { dialect: engine.dialect, today, timeZone };
    // Where nothing leads from people to rows, their numbers are of no use.
    const members =
      list === undefined
        ? compileRules(rules, peopleStartsIn(rules).length === 0 ? context : { ...context, keys })
        : listed.members(id);
    const wanted = holdingOut(engine.dialect, members, holdOut);
    changes.push(sql`INSERT INTO segment.member SELECT ${id}, member.customer_id FROM (${wanted}) AS member`);
  }
  changes.push(...listed.after);
  const count = (id: SegmentId) => sql`(SELECT count(*) FROM segment.member WHERE segment = ${id})`;
  for (const { id } of due)
    changes.push(sql`INSERT INTO segment.size SELECT ${id}, ${count(id)}, ${refreshedAt}`);
  for (const id of kept)
    changes.push(sql`UPDATE segment.size SET members = ${count(id)} WHERE segment = ${id}`);
  changes.push(...notes.after);
  await engine.commit([...changes, ...lookAtTests(engine, segments)]);
}
