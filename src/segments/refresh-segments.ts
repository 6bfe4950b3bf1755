import type { SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkSegments, type CheckedSegment } from './check-segments.ts';
import { compileRules } from './compile-rules.ts';
import { customerKeys, type PeopleKeys } from './people-keys.ts';
import { withPeopleNumbers } from './people-numbers.ts';
import { peopleStartsIn } from './rule-leaves.ts';
import type { SegmentConfig } from './segment-config.ts';
import { segmentSizes, segmentTables, type SegmentSize } from './segment-sizes.ts';

export interface RefreshOptions {
  now: Date;
  /** IANA name; days are days there. */
  timeZone: string;
  /** Refreshes these, by hand: also the static ones among them. Absent: all that are dynamic or new. */
  only?: readonly SegmentId[];
}

/**
 * Finds the members of the segments anew and writes them all at once; if anything fails, every segment
 * stays as it was. Segments that are not among `segments` any more are forgotten, and so are members whose
 * profile is gone.
 * @returns the sizes of all segments
 * @throws RulesError with everything that is wrong in the rules
 */
export async function refreshSegments(
  engine: Engine,
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  catalogue: Catalogue,
  options: RefreshOptions,
): Promise<SegmentSize[]> {
  const { only } = options;
  const all = checkSegments(segments, catalogue);
  const known = new Set((await segmentSizes(engine)).map(({ segment }) => segment));
  const due = all.filter(({ id, type }) => only?.includes(id) ?? (type === 'dynamic' || !known.has(id)));
  const kept = all.filter((segment) => !due.includes(segment)).map(({ id }) => id);

  const starts = due.flatMap(({ rules }) => peopleStartsIn(rules));
  const refresh = { segments: [...segments.keys()], due, kept };
  const write = (keys: PeopleKeys) => writeMembers(engine, refresh, options, keys);
  if (starts.length < worthNumbering) await write(customerKeys);
  else await withPeopleNumbers(engine, starts, ({ keys }) => write(keys));
  return segmentSizes(engine);
}

// Numbering people takes as long as finding the owners of a column for so many rules.
const worthNumbering = 8;

/** What a refresh writes. */
interface Refresh {
  /** Every segment there is. */
  segments: readonly SegmentId[];
  due: readonly CheckedSegment[];
  kept: readonly SegmentId[];
}

async function writeMembers(
  engine: Engine,
  { segments, due, kept }: Refresh,
  { now, timeZone }: Pick<RefreshOptions, 'now' | 'timeZone'>,
  keys: PeopleKeys,
): Promise<void> {
  const changes: Change[] = [
    ...segmentTables(engine),
    ...(['member', 'size', 'history'] as const).map(
      (table) =>
        sql`DELETE FROM segment.${bare(table)} WHERE NOT ${isOneOf(table === 'history' ? segments : kept)}`,
    ),
    sql`DELETE FROM segment.member WHERE customer_id NOT IN (SELECT customer_id FROM profile.profile)`,
  ];
  for (const { id, rules, asOf } of due) {
    const today = await asOfDay(engine, asOf, { now, timeZone });
    const context = { dialect: engine.dialect, today, timeZone };
    // Where nothing leads from people to rows, their numbers are of no use.
    const members = compileRules(rules, peopleStartsIn(rules).length === 0 ? context : { ...context, keys });
    changes.push(
      sql`INSERT INTO segment.member SELECT ${id}, member.customer_id FROM (${members}) AS member`,
    );
  }
  const refreshedAt = engine.dialect.tryCast(sql`${now.toISOString()}`, 'time');
  const count = (id: SegmentId) => sql`(SELECT count(*) FROM segment.member WHERE segment = ${id})`;
  for (const { id } of due)
    changes.push(sql`INSERT INTO segment.size SELECT ${id}, ${count(id)}, ${refreshedAt}`);
  for (const id of kept)
    changes.push(sql`UPDATE segment.size SET members = ${count(id)} WHERE segment = ${id}`);
  changes.push(sql`INSERT INTO segment.history SELECT segment, members, ${refreshedAt} FROM segment.size`);
  await engine.commit(changes);
}

function isOneOf(ids: readonly SegmentId[]): Sql {
  return ids.length === 0 ? sql`false` : sql`(segment IN (${join(ids.map((id) => sql`${id}`))}))`;
}

function bare(table: 'member' | 'size' | 'history'): Sql {
  return { nodes: [{ text: table }] };
}
