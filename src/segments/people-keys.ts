import { name, nothing, sql, type Sql } from '../engine/sql.ts';
import type { SourceColumn } from './catalogue.ts';

/** How a query tells people apart, and whose the records of a source are. */
export interface PeopleKeys {
  /** The key of the row `person`. */
  person: Sql;
  /** What stands behind the rows `person` so that they have it. */
  join: Sql;
  /**
   * To stand after FROM: rows of `reached`, a value of the column, and `person`, the key of somebody who has a
   * record with that value. Each pair once: somebody can have two records with one value.
   */
  owners: (column: SourceColumn) => Sql;
}

/** People by their ids, as unification left them. */
export const customerKeys: PeopleKeys = {
  person: sql`person.customer_id`,
  join: nothing,
  owners: (column) =>
    sql`(SELECT DISTINCT ${name('target', column.column)} AS reached, record.customer_id AS person ${recordsOf(column)})`,
};

/** The same, of these people alone. */
export function keysOf(customers: readonly string[]): PeopleKeys {
  return {
    ...customerKeys,
    owners: (column) =>
      sql`(SELECT DISTINCT ${name('target', column.column)} AS reached, record.customer_id AS person ${recordsOf(column)}
        WHERE list_contains(${customers}, record.customer_id))`,
  };
}

/** Every record of a source, as `target`, with whose it is, as `record.customer_id`. */
export function recordsOf({ source }: SourceColumn): Sql {
  return sql`FROM ${name('source', source)} AS target
    JOIN ${name('unify', 'record')} AS record ON record.source = ${source} AND record.key = target._key`;
}
