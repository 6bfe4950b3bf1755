import type { Change, Column, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { asOfDay } from './as-of-day.ts';
import type { Catalogue } from './catalogue.ts';
import { checkRules } from './check-rules.ts';
import { checkAsOf, type CheckedAsOf } from './check-segments.ts';
import type { AggregateRule } from './checked-rule.ts';
import { aggregateOf, aggregateOfEach } from './compile-related.ts';
import { compileRelatedGroup } from './compile-rules.ts';
import type { ComputedAttributeConfig } from './computed-attribute-config.ts';
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
    problems.push(...takenNames(id, catalogue, path));
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

function takenNames(id: string, catalogue: Catalogue, path: string): RuleProblem[] {
  const taken =
    catalogue.attributes.some((attribute) => attribute.name.toLowerCase() === id.toLowerCase()) ||
    catalogue.relationships.has(id) ||
    id === 'segment';
  if (!taken) return [];
  return [
    {
      code: 'name_taken',
      path,
      message: `"${id}" is already the name of an attribute or a relationship.`,
      hint: 'Give the computed attribute another id.',
    },
  ];
}

/**
 * Gives the profiles their computed attributes, in one commit, as if unification had made them: rules, exports and the
 * story of a person know them by their ids. Counts and sums of no rows are 0; everything else of no rows is missing.
 * @throws as `checkComputed`
 */
export async function computeAttributes(
  engine: Engine,
  computed: ReadonlyMap<string, ComputedAttributeConfig>,
  catalogue: Catalogue,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<void> {
  const checked = checkComputed(computed, catalogue);
  if (checked.length === 0) return;
  const { dialect } = engine;
  const columns: { column: Column; value: Sql; made: Sql }[] = [];
  for (const [index, { id, rule, asOf }] of checked.entries()) {
    const context = { dialect, timeZone, today: await asOfDay(engine, asOf, { now, timeZone }) };
    const made = aggregateOfEach(rule, (group) => compileRelatedGroup(group, context), context);
    const { type } = aggregateOf(rule, dialect);
    const value = name(`made_${index}`, 'value');
    const ofNone = ['count', 'countDistinct', 'sum'].includes(rule.function);
    columns.push({
      column: { name: id, type },
      value: ofNone ? sql`coalesce(${value}, 0)` : value,
      made: sql`LEFT JOIN (${made}) AS ${name(`made_${index}`)} ON ${name(`made_${index}`, 'customer_id')} = person.customer_id`,
    });
  }
  const known = catalogue.attributes.length;
  const changes: Change[] = [
    sql`CREATE OR REPLACE TABLE profile.computed AS SELECT person.*, ${join(
      columns.map(({ column, value }) => sql`${value} AS ${name(column.name)}`),
    )} FROM profile.profile AS person ${join(
      columns.map(({ made }) => made),
      ' ',
    )}`,
    sql`DROP TABLE profile.profile`,
    sql`ALTER TABLE profile.computed RENAME TO profile`,
    ...columns.map(
      ({ column }, index) =>
        sql`INSERT INTO profile.attribute (position, name, type, is_email)
          VALUES (${known + index}, ${column.name}, ${column.type}, FALSE)`,
    ),
  ];
  await engine.commit(changes);
}
