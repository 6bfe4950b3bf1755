import type { Change, Column, Engine, TableName } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { reservedNames } from '../unify/attribute-name.ts';
import { valueOfNoRows } from './aggregates.ts';
import { asOfDay } from './as-of-day.ts';
import { segmentField, type Catalogue } from './catalogue.ts';
import { checkRules } from './check-rules.ts';
import { checkAsOf, type CheckedAsOf } from './check-segments.ts';
import type { AggregateRule } from './checked-rule.ts';
import { aggregateOf, aggregateOfEach } from './compile-related.ts';
import { compileRelatedGroup } from './compile-rules.ts';
import type { ComputedAttributeConfig } from './computed-attribute-config.ts';
import { overTables } from './over-tables.ts';
import { refuseProblems, type RuleProblem } from './rule-problem.ts';

/** A computed attribute that can be computed. */
interface CheckedAttribute {
  id: string;
  rule: AggregateRule;
  asOf: CheckedAsOf;
}

/**
 * Holds computed attributes against the tables they are made of.
 * @param catalogue without them
 * @throws RulesError with everything that is wrong, at paths below `computed`
 */
export function checkComputed(
  computed: ReadonlyMap<string, ComputedAttributeConfig>,
  catalogue: Catalogue,
): CheckedAttribute[] {
  const problems: RuleProblem[] = [];
  const checked: CheckedAttribute[] = [];
  for (const [id, config] of computed) {
    const path = `computed.${id}`;
    problems.push(...takenNames(id, catalogue, [...computed.keys()], path));
    const { of, function: fn, column, by, where } = config;
    const aggregate = {
      function: fn,
      ...(column === undefined ? {} : { column }),
      ...(by === undefined ? {} : { by }),
    };
    if (!catalogue.relationships.has(of)) {
      problems.push({
        code: 'unknown_field',
        path: `${path}.of`,
        message: `there is no relationship "${of}".`,
        hint: 'Name one of those under relationships.',
      });
      continue;
    }
    // As the rule "has any value", so that what rules can be made of and this are one and the same.
    const rule = {
      field: of,
      operator: 'notNull' as const,
      aggregate,
      ...(where === undefined ? {} : { where }),
    };
    const found = checkRules({ combinator: 'and', rules: [rule] }, catalogue, path);
    problems.push(
      ...found.problems.map((problem) => ({ ...problem, path: problem.path.replace('.rules[0]', '') })),
    );
    const asOf = checkAsOf(config.asOf, catalogue, `${path}.asOf`, problems);
    const [made] = found.rules.rules;
    if (made?.kind === 'aggregate' && asOf !== undefined) checked.push({ id, rule: made, asOf });
  }
  refuseProblems(problems);
  return checked;
}

/** Columns of one table, so upper and lower case tell no two of them apart. */
function takenNames(
  id: string,
  catalogue: Catalogue,
  computed: readonly string[],
  path: string,
): RuleProblem[] {
  const isSame = (other: string) => other.toLowerCase() === id.toLowerCase();
  const taken =
    reservedNames.has(id.toLowerCase()) ||
    catalogue.attributes.some((attribute) => isSame(attribute.name)) ||
    computed.some((other) => other !== id && isSame(other)) ||
    catalogue.relationships.has(id) ||
    id === segmentField;
  if (!taken) return [];
  return [
    {
      code: 'name_taken',
      path,
      message: `"${id}" is already the name of an attribute, a relationship or a column that Postrider fills in.`,
      hint: 'Give the computed attribute another id.',
    },
  ];
}

/** Where people are who are not, or not yet, those that everybody sees. */
export interface PeopleTables {
  profile: TableName;
  record: TableName;
}

/**
 * Gives profiles their computed attributes, in one commit, as if unification had made them: rules, exports and the
 * story of a person know them by their ids. Counts and sums of no rows are 0; everything else of no rows is missing.
 * @returns the columns that the profiles got
 * @throws as `checkComputed`; `as_of_unusable`
 */
export async function computeAttributes(
  engine: Engine,
  computed: ReadonlyMap<string, ComputedAttributeConfig>,
  catalogue: Catalogue,
  people: PeopleTables,
  options: { now: Date; timeZone: string },
): Promise<Column[]> {
  const { columns, changes } = await computedColumns(engine, computed, catalogue, people, options);
  if (columns.length > 0) await engine.commit(changes);
  return columns;
}

async function computedColumns(
  engine: Engine,
  computed: ReadonlyMap<string, ComputedAttributeConfig>,
  catalogue: Catalogue,
  people: PeopleTables,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<{ columns: Column[]; changes: Change[] }> {
  const { dialect } = engine;
  const columns: Column[] = [];
  const values: Sql[] = [];
  const joins: Sql[] = [];
  for (const [index, { id, rule, asOf }] of checkComputed(computed, catalogue).entries()) {
    const context = { dialect, timeZone, today: await asOfDay(engine, asOf, { now, timeZone }) };
    const made = aggregateOfEach(rule, (group) => compileRelatedGroup(group, context), context);
    const of = (column: string) => name(`made_${index}`, column);
    columns.push({ name: id, type: aggregateOf(rule, dialect).type });
    const ofNone = valueOfNoRows(rule.function);
    const value = ofNone === null ? of('value') : sql`coalesce(${of('value')}, ${ofNone})`;
    values.push(sql`${value} AS ${name(id)}`);
    joins.push(
      sql`LEFT JOIN (${made}) AS ${name(`made_${index}`)} ON ${of('customer_id')} = person.customer_id`,
    );
  }
  const profile = tableRef(people.profile);
  const computedTable = { ...people.profile, table: `${people.profile.table}_computed` };
  const select = sql`SELECT person.*, ${join(values)} FROM ${profile} AS person ${join(joins, ' ')}`;
  // A table of its own in the place of the other: what was counted over the one must not pass for the other.
  const changes = [
    sql`CREATE OR REPLACE TABLE ${tableRef(computedTable)} AS ${overTables(select, [
      { from: { schema: 'unify', table: 'record' }, to: people.record },
    ])}`,
    sql`DROP TABLE ${profile}`,
    sql`ALTER TABLE ${tableRef(computedTable)} RENAME TO ${name(people.profile.table)}`,
  ];
  return { columns, changes };
}
