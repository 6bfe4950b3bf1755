import type { Column, Engine, TableName } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { createTable, typeRef } from '../engine/table.ts';
import { address } from './comparable.ts';
import { formColumn } from './compare-records.ts';
import { alternates } from './alternates.ts';
import { profileTable } from './merge-profiles.ts';
import { handMade } from './settle-links.ts';
import type { PlannedAttribute, UnifyPlan } from './unify-plan.ts';
import { fillNext, memory, nextTable, scratch, succeed } from './unify-tables.ts';

const catalogueColumns: Column[] = [
  { name: 'position', type: 'integer' },
  { name: 'name', type: 'text' },
  { name: 'type', type: 'text' },
  { name: 'is_email', type: 'boolean' },
];

/** Where the people are who are made and not in place yet. */
export interface NextPeople {
  profile: TableName;
  record: TableName;
  attributes: Column[];
}

/**
 * Gives the profiles attributes that a stage behind this one makes, and says which. What it throws leaves the people
 * of the last time in place.
 */
export type CompleteProfiles = (people: NextPeople) => Promise<Column[]>;

/**
 * Makes the successors of all tables but the profiles, which are merged by now, and then puts all of them in
 * place in one short commit: until that is done, and when it fails, everybody sees the people of the last time.
 * @param now as SQL, the time of this refresh
 */
export async function publishPeople(
  engine: Engine,
  plan: UnifyPlan,
  now: Sql,
  complete: CompleteProfiles | undefined,
): Promise<void> {
  const { dialect } = engine;
  const remember = (table: keyof typeof memory, select: Sql): Promise<void> =>
    engine.commit(fillNext(dialect, { schema: 'unify', table }, memory[table], select));
  await remember('record', records);
  await remember('departed', departed(now));
  await remember('previous_id', previousIds(now));
  await remember('link', links(plan));
  await remember('alternate', alternates(engine, plan));
  await remember('address', addresses(engine, plan));

  const made = await complete?.({
    profile: nextTable(profileTable),
    record: nextTable({ schema: 'unify', table: 'record' }),
    attributes: plan.attributes.map(({ name: attribute, type }) => ({ name: attribute, type })),
  });
  const attributes = [...plan.attributes, ...(made ?? []).map((column) => ({ ...column, isEmail: false }))];
  const catalogue = nextTable({ schema: 'profile', table: 'attribute' });
  await engine.commit([
    createTable(dialect, catalogue, catalogueColumns),
    {
      into: catalogue,
      columns: catalogueColumns,
      rows: attributes.map(({ name: attribute, type, isEmail }, position) => [
        position,
        attribute,
        type,
        isEmail,
      ]),
    },
  ]);
  await engine.commit([
    sql`INSERT INTO unify.customer SELECT customer_id, ${now} FROM ${scratch('person')} p
      WHERE NOT EXISTS (SELECT 1 FROM unify.customer c WHERE c.customer_id = p.customer_id)`,
    ...succeed,
  ]);
}

/** Records with the ids they now have; the first id stays what it was. */
export const records: Sql = sql`
  SELECT s.source, r._key AS key, p.customer_id, coalesce(k.first_id, p.customer_id) AS first_id
  FROM ${scratch('record')} r
  JOIN ${scratch('source')} s ON s.position = r._position
  JOIN ${scratch('label')} l ON l.n = r._n
  JOIN ${scratch('person')} p ON p.label = l.label
  LEFT JOIN ${scratch('known')} k ON k.n = r._n`;

/** Records that were here before and are not now, with the time of the refresh that first missed them. */
function departed(now: Sql): Sql {
  return sql`
    SELECT m.source, m.key, m.customer_id, m.first_id, m.gone_since FROM (
      SELECT source, key, customer_id, first_id, gone_since FROM unify.departed
      UNION ALL SELECT source, key, customer_id, first_id, ${now} FROM unify.record
    ) m
    LEFT JOIN (
      SELECT s.source, r._key FROM ${scratch('record')} r JOIN ${scratch('source')} s ON s.position = r._position
    ) present ON present.source = m.source AND present._key = m.key
    WHERE present.source IS NULL`;
}

/**
 * Ids that became part of another person. An id that somebody holds (again) is nobody's previous one; one
 * that several groups gave up goes with the most important record; earlier entries follow their person.
 */
function previousIds(now: Sql): Sql {
  return sql`
    WITH given_up AS (
      SELECT p.customer_id, h.id AS was, row_number() OVER (PARTITION BY h.id ORDER BY h.n) AS place
      FROM ${scratch('held')} h JOIN ${scratch('person')} p ON p.label = h.label
      WHERE NOT EXISTS (SELECT 1 FROM ${scratch('person')} alive WHERE alive.customer_id = h.id)
    ), merged AS (SELECT customer_id, was FROM given_up WHERE place = 1)
    SELECT customer_id, was, ${now} AS since FROM merged
    UNION ALL
    SELECT coalesce(m.customer_id, old.customer_id), old.was, old.since
    FROM unify.previous_id old LEFT JOIN merged m ON m.was = old.customer_id
    WHERE NOT EXISTS (SELECT 1 FROM ${scratch('person')} alive WHERE alive.customer_id = old.was)
      AND NOT EXISTS (SELECT 1 FROM merged again WHERE again.was = old.was)`;
}

/** Why records are one person, as `unify.link` has it: the scratch table `link` with sources, keys and names of rules. */
export function links(plan: UnifyPlan): Sql {
  const ruleNames = join(
    [
      sql`WHEN ${handMade.index} THEN ${handMade.name}`,
      ...[...plan.rules, ...plan.scores].map(({ name: rule }, index) => sql`WHEN ${index} THEN ${rule}`),
    ],
    ' ',
  );
  const rule = sql`CASE l.rule ${ruleNames} END`;
  return sql`
    SELECT s.source, r._key AS key, ${rule} AS rule, t.source AS with_source, h._key AS with_key, l.similarity
    FROM ${scratch('link')} l
    JOIN ${scratch('record')} r ON r._n = l.n JOIN ${scratch('source')} s ON s.position = r._position
    JOIN ${scratch('record')} h ON h._n = l.head JOIN ${scratch('source')} t ON t.position = h._position`;
}

function addresses(engine: Engine, plan: UnifyPlan): Sql {
  const { dialect } = engine;
  const text = typeRef(dialect, 'text');
  const each = plan.attributes
    .filter((attribute) => attribute.isEmail)
    .map((attribute) => {
      const compared = comparedAsAddress(plan, attribute);
      return compared === undefined
        ? sql`SELECT ${address(dialect, sql`CAST(${name('r', attribute.name)} AS ${text})`)} AS address, l.label
            FROM ${scratch('record')} r JOIN ${scratch('label')} l ON l.n = r._n`
        : sql`SELECT ${name('c', formColumn(compared))} AS address, l.label
            FROM ${scratch('compared')} c JOIN ${scratch('label')} l ON l.n = c._n`;
    });
  if (each.length === 0) return sql`SELECT '' AS address, '' AS customer_id WHERE false`;
  return sql`
    SELECT address, customer_id
    FROM (SELECT DISTINCT address, label FROM (${join(each, ' UNION ALL ')}) WHERE address IS NOT NULL) a
    JOIN ${scratch('person')} p ON p.label = a.label`;
}

/** The form that holds the folded addresses of an attribute already, all of them and nothing else. */
function comparedAsAddress({ forms }: UnifyPlan, { name: attribute }: PlannedAttribute): number | undefined {
  const place = forms.findIndex(
    ({ attribute: { name: compared }, normaliser, bypass }) =>
      compared === attribute &&
      normaliser.as === 'email' &&
      !normaliser.ignorePlus &&
      !normaliser.ignoreDots &&
      !bypass,
  );
  return place < 0 ? undefined : place;
}
