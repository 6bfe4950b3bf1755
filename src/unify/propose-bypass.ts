import type { Engine } from '../engine/engine.ts';
import { join, nothing, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { sourceTable, type SourceLoad } from '../sources/loaded-source.ts';
import { comparable } from './comparable.ts';
import { defaultNormaliser, normaliserOf, type Normaliser } from './normaliser.ts';
import { filterSql } from './row-filter.ts';
import type { UnifyConfig } from './unify-config.ts';
import { planUnify, type PlannedAttribute, type PlannedSource } from './unify-plan.ts';

/** A value that many people of different names share: a dummy, or the shop's own. */
export interface BypassProposal {
  attribute: string;
  /** Folded; of telephone numbers their digits. */
  value: string;
  records: number;
  /** How many different names these records have. */
  names: number;
}

/** From how many records of how many names on a value is proposed, and how many values at most. */
export interface BypassLimits {
  records?: number | undefined;
  names?: number | undefined;
  limit?: number | undefined;
}

/**
 * Addresses and telephone numbers that should perhaps stand under `unify.bypass`: each on at least `records`
 * records of at least `names` different names, the most frequent first. Where the sources map no name, the
 * records alone count. Reads the loaded sources and writes nothing.
 *
 * Errors: those of `planUnify`.
 */
export async function proposeBypass(
  engine: Engine,
  config: UnifyConfig,
  loads: readonly SourceLoad[],
  { records = 5, names = 3, limit = 100 }: BypassLimits = {},
): Promise<BypassProposal[]> {
  const { attributes, sources } = planUnify(config, loads);
  const usual = ({ name, type, isEmail }: PlannedAttribute) => defaultNormaliser(name, type, isEmail);
  const named = attributes.filter((attribute) => usual(attribute) === 'name');
  const proposals: BypassProposal[] = [];
  for (const attribute of attributes) {
    const sort = usual(attribute);
    if (sort !== 'email' && sort !== 'phone') continue;
    // Without the country: a dummy is one in every country.
    const normaliser = normaliserOf(sort === 'email' ? 'email' : 'digits');
    const each = sources
      .filter(({ columns }) => columns.has(attribute.name))
      .map((source) => valuesAndNames(engine, source, attribute, normaliser, named));
    const enough = named.length === 0 ? sql`true` : sql`count(DISTINCT who) >= ${names}`;
    const listed = listedForms(engine, config, attribute, normaliser);
    const rows = await engine.rows<{ value: string; records: number; names: number }>(sql`
      SELECT value, count(*) AS records, count(DISTINCT who) AS names FROM (${join(each, ' UNION ALL ')})
      WHERE value IS NOT NULL ${listed} GROUP BY value HAVING count(*) >= ${records} AND ${enough}
      ORDER BY records DESC, value LIMIT ${limit}`);
    proposals.push(...rows.map((row) => ({ attribute: attribute.name, ...row })));
  }
  return proposals.toSorted((a, b) => b.records - a.records).slice(0, limit);
}

/** Leaves out what is in the list already, however it is written; a list in a file is not looked into. */
function listedForms(
  { dialect }: Engine,
  config: UnifyConfig,
  attribute: PlannedAttribute,
  normaliser: Normaliser,
): Sql {
  const list = config.bypass?.[attribute.name];
  if (!Array.isArray(list) || list.length === 0) return nothing;
  const written = { ...attribute, name: 'written', type: 'text' as const };
  const form = comparable(dialect, { attribute: written, normaliser, bypass: false });
  return sql`AND value NOT IN (
    SELECT form FROM (SELECT ${form} AS form FROM (SELECT unnest(${list}) AS written)) WHERE form IS NOT NULL)`;
}

function valuesAndNames(
  engine: Engine,
  source: PlannedSource,
  attribute: PlannedAttribute,
  normaliser: Normaliser,
  named: readonly PlannedAttribute[],
): Sql {
  const form = (of: PlannedAttribute, how: Normaliser): Sql => {
    const column = source.columns.get(of.name);
    if (column === undefined) return sql`''`;
    const read = { ...of, name: column.name, type: column.type };
    return sql`coalesce(${comparable(engine.dialect, { attribute: read, normaliser: how, bypass: false })}, '')`;
  };
  const who =
    named.length === 0
      ? sql`''`
      : sql`concat(${join(named.map((part) => sql`${form(part, normaliserOf('name'))}, ' '`))})`;
  return sql`SELECT nullif(${form(attribute, normaliser)}, '') AS value, ${who} AS who
    FROM ${tableRef(sourceTable(source.source))} WHERE ${filterSql(engine.dialect, source.filter)}`;
}
