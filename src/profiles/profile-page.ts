import type { CustomerId } from '../base/ids.ts';
import { pageOf, readTextCursor, type Page, type PageAsked } from '../base/page.ts';
import type { Engine, Row } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { readProfileShape } from './profile-shape.ts';
import { searchForm } from './search-form.ts';

/**
 * A page of all profiles, in the order of their ids: `customer_id` and every attribute.
 * @param request.search words that each stand somewhere in a text of the profile; case and accents do not matter
 * @throws `configuration` / `no_profiles`
 */
export async function profilePage(
  engine: Engine,
  { limit, cursor, search = '' }: PageAsked & { search?: string | undefined },
): Promise<Page<Row>> {
  const { attributes } = await readProfileShape(engine);
  const { dialect } = engine;
  const after = readTextCursor(cursor) ?? '';
  const texts = attributes.filter(({ type }) => type === 'text').map((attribute) => name(attribute.name));
  const all = sql`concat_ws(' ', ${join(texts.length > 0 ? texts : [sql`''`])})`;
  const words = search.split(/\s+/).filter((word) => word !== '');
  const holds = words.map(
    (word) =>
      sql`AND ${dialect.textHolds(searchForm(dialect, all), searchForm(dialect, sql`${word}`), 'anywhere')}`,
  );
  const rows = await engine.rows(sql`
    SELECT ${columnsOf(attributes)}
    FROM profile.profile WHERE customer_id > ${after} ${holds.length === 0 ? nothing : join(holds, ' ')}
    ORDER BY customer_id LIMIT ${limit + 1}`);
  return pageOf(rows, limit, (row) => String(row.customer_id));
}

/** The profiles of some people, by their id: `customer_id` and every attribute. Who is gone is not in it. */
export async function profilesById(
  engine: Engine,
  ids: readonly CustomerId[],
): Promise<ReadonlyMap<CustomerId, Row>> {
  if (ids.length === 0) return new Map();
  const { attributes } = await readProfileShape(engine);
  const wanted = join([...new Set(ids)].map((id) => sql`${id}`));
  const rows = await engine.rows(sql`
    SELECT ${columnsOf(attributes)}
    FROM profile.profile WHERE customer_id IN (${wanted})`);
  return new Map(rows.map((row) => [row.customer_id as CustomerId, row]));
}

/** `customer_id` and every attribute, as they are selected. */
function columnsOf(attributes: readonly { name: string }[]): Sql {
  return join([sql`customer_id`, ...attributes.map((attribute) => name(attribute.name))]);
}
