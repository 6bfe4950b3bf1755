import type { Engine, TableName } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { validAddress } from './address-rule.ts';
import type { ExportConfig } from './export-config.ts';

/**
 * How many addresses an export would want, of people who are not those that everybody sees: distinct usable ones of
 * its segments less the excluded. The do-not-send list and what Mailchimp knows of people are not looked at, since
 * they change nothing between two sets of people.
 */
export async function previewExportSize(
  engine: Engine,
  { match, segments, exclude }: Pick<ExportConfig, 'match' | 'segments' | 'exclude'>,
  people: { profile: TableName; member: TableName },
): Promise<number> {
  const address = engine.dialect.foldAddress(sql`profile.${name(match.email)}`);
  const members = (of: readonly string[]) =>
    sql`SELECT customer_id FROM ${tableRef(people.member)} WHERE list_contains(${of}, segment)`;
  const [row] = await engine.rows<{ n: number }>(sql`
    SELECT count(DISTINCT address) AS n FROM (
      SELECT ${address} AS address FROM ${tableRef(people.profile)} AS profile
      WHERE customer_id IN (${members(segments)}) AND customer_id NOT IN (${members(exclude)})
    ) WHERE ${validAddress(engine.dialect, sql`address`)}`);
  return row?.n ?? 0;
}
