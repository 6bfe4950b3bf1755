import type { CustomerId, SegmentId } from '../base/ids.ts';
import { inputError } from '../base/errors.ts';
import { pageOf, readTextCursor, type Page, type PageAsked } from '../base/page.ts';
import { suggestName } from '../base/nearest.ts';
import type { Column, Engine, Row } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { hasSegmentTables } from './segment-sizes.ts';

export interface MembersRequest {
  segment: SegmentId;
  /** Attributes of the profile, in the order wanted; absent: all. */
  attributes?: readonly string[];
  /** At most so many; absent: all. */
  limit?: number;
}

/**
 * The members of a segment as last refreshed, in the order of their ids, a few thousand at a time: rows of
 * `customer_id` and the attributes.
 * @param known the profile's attributes
 * @throws `input` `unknown_field` for an attribute that is not among them
 */
export function segmentMembers(
  engine: Engine,
  known: readonly Column[],
  { segment, attributes, limit }: MembersRequest,
): AsyncIterable<Row[]> {
  const names = known.map((column) => column.name);
  for (const attribute of attributes ?? []) {
    if (names.includes(attribute)) continue;
    throw inputError('unknown_field', `There is no attribute "${attribute}".`, suggestName(attribute, names));
  }
  const columns = [
    sql`person.customer_id`,
    ...(attributes ?? names).map((attribute) => name('person', attribute)),
  ];
  return pagesOf(
    engine,
    sql`SELECT ${join(columns)}
    FROM ${name('profile', 'profile')} AS person
    WHERE person.customer_id IN (SELECT member.customer_id FROM segment.member AS member WHERE member.segment = ${segment})
    ORDER BY person.customer_id ${limit === undefined ? nothing : sql`LIMIT ${limit}`}`,
  );
}

/** Nothing before the first time that segments were found. */
async function* pagesOf(engine: Engine, members: Sql): AsyncIterable<Row[]> {
  if (await hasSegmentTables(engine)) yield* engine.pages(members);
}

/** A page of the members, for a screen: `customer_id` and all attributes. */
export async function memberPage(
  engine: Engine,
  known: readonly Column[],
  { segment, limit, cursor }: { segment: SegmentId } & PageAsked,
): Promise<Page<Row>> {
  const after = readTextCursor(cursor) ?? '';
  if (!(await hasSegmentTables(engine))) return { items: [] };
  const columns = [sql`person.customer_id`, ...known.map((attribute) => name('person', attribute.name))];
  // First whose turn it is, then who they are: a join of everybody takes three times as long. Members who are nobody
  // any more, until segments are found anew, take up no place: a page that lacks them would pass for the last.
  const rows = await engine.rows(sql`
    WITH page AS MATERIALIZED (
      SELECT member.customer_id FROM segment.member AS member
      WHERE member.segment = ${segment} AND member.customer_id > ${after}
        AND member.customer_id IN (SELECT known.customer_id FROM ${name('profile', 'profile')} AS known)
      ORDER BY member.customer_id LIMIT ${limit + 1}
    )
    SELECT ${join(columns)} FROM ${name('profile', 'profile')} AS person
    WHERE person.customer_id IN (SELECT page.customer_id FROM page) ORDER BY person.customer_id`);
  return pageOf(rows, limit, (row) => String(row.customer_id));
}

/** The segments a person is in, as last refreshed. */
export async function segmentsOf(engine: Engine, customer: CustomerId): Promise<SegmentId[]> {
  if (!(await hasSegmentTables(engine))) return [];
  const rows = await engine.rows<{ segment: SegmentId }>(
    sql`SELECT segment FROM segment.member WHERE customer_id = ${customer} ORDER BY segment`,
  );
  return rows.map((row) => row.segment);
}
