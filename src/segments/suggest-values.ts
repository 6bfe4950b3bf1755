import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Cell, Column, Engine } from '../engine/engine.ts';
import { name, nothing, sql, type Sql } from '../engine/sql.ts';
import { searchForm } from '../profiles/search-form.ts';
import { findColumn, type Catalogue } from './catalogue.ts';
import { personRows } from './person-rows.ts';
import { refuseProblems, type RuleProblem } from './rule-problem.ts';

export interface SuggestedValues {
  /** The commonest first; of equally common ones the lowest. */
  values: { value: Cell; rows: number }[];
  /** Different values that begin so, over all pages. */
  distinct: number;
  /** Rows without a value. */
  missing: number;
}

export interface SuggestOptions {
  /** What the value begins with; upper case and accents do not matter. Absent: any. */
  prefix?: string;
  limit: number;
  /** Values to pass over. */
  offset?: number;
  signal?: AbortSignal | undefined;
}

/**
 * The values that stand in a field, over all rows, with how many rows each has.
 * @param field an attribute, or `source.column`; an attribute of that name comes first
 * @throws `input` `unknown_field` when it is neither, `values_unsuited` for lists
 */
export async function suggestValues(
  engine: Engine,
  catalogue: Catalogue,
  field: string,
  { prefix = '', limit, offset = 0, signal }: SuggestOptions,
): Promise<SuggestedValues> {
  const { column, rows } = findField(catalogue, field);
  if (column.type === 'texts') {
    throw inputError(
      'values_unsuited',
      `"${field}" holds lists, which have no values to choose from.`,
      'Name a field of another type.',
    );
  }
  const { dialect } = engine;
  const begins =
    prefix === ''
      ? nothing
      : sql`WHERE ${dialect.textHolds(searchForm(dialect, dialect.tryCast(sql`value`, 'text')), searchForm(dialect, sql`${prefix}`), 'start')}`;
  const cell = name('person', column.name);
  const counted = sql`SELECT ${cell} AS value, count(*) AS rows FROM ${rows} AS person WHERE ${cell} IS NOT NULL GROUP BY 1`;
  const ask = <T>(query: Sql) => engine.rows<T>(query, { signal });
  const values = await ask<SuggestedValues['values'][number]>(
    sql`SELECT value, rows FROM (${counted}) AS counted ${begins} ORDER BY rows DESC, value LIMIT ${limit} OFFSET ${offset}`,
  );
  const [all] = await ask<{ distinct: number }>(
    sql`SELECT count(*) AS "distinct" FROM (${counted}) AS counted ${begins}`,
  );
  const [without] = await ask<{ missing: number }>(
    sql`SELECT count(*) AS missing FROM ${rows} AS person WHERE ${cell} IS NULL`,
  );
  return { values, distinct: all?.distinct ?? 0, missing: without?.missing ?? 0 };
}

/**
 * The column that a field names, and the rows it is in, to stand after FROM.
 * @throws as `suggestValues`
 */
export function findField(catalogue: Catalogue, field: string): { column: Column; rows: Sql } {
  const attribute = catalogue.attributes.find((each) => each.name === field);
  if (attribute !== undefined) {
    const test = { condition: { kind: 'missing' }, negated: false, includeMissing: false } as const;
    const asked = { kind: 'field', column: attribute, test } as const;
    return {
      column: attribute,
      rows: personRows({ kind: 'group', combinator: 'and', not: false, rules: [asked] }),
    };
  }
  if (!field.includes('.')) {
    const known = catalogue.attributes.map((each) => each.name);
    throw inputError('unknown_field', `There is no attribute "${field}".`, suggestName(field, known));
  }
  const problems: RuleProblem[] = [];
  const found = findColumn(catalogue.sources, field, 'field', problems);
  refuseProblems(problems);
  if (found === undefined) throw new Error('a column that is not there makes a problem');
  return { column: found.column, rows: name('source', found.source) };
}
