import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';

/**
 * The people behind texts: an address that any of their records has (upper case and outer blanks do not matter), a
 * `CustomerId`, or an id that became part of another person. Several people can have one address where no rule joins
 * by it.
 * @param texts a query with one column `text`
 * @returns a query with `text` and `customer_id`; texts that name nobody are not in it
 */
export function namedPeople(dialect: Dialect, texts: Sql): Sql {
  const text = dialect.trimBlanks(sql`named.text`);
  return sql`
    SELECT named.text AS text, a.customer_id FROM (${texts}) AS named
      JOIN unify.address a ON a.address = ${dialect.foldAddress(sql`named.text`)}
    UNION SELECT named.text, p.customer_id FROM (${texts}) AS named
      JOIN profile.profile p ON p.customer_id = ${text}
    UNION SELECT named.text, p.customer_id FROM (${texts}) AS named
      JOIN unify.previous_id old ON old.was = ${text}
      JOIN profile.profile p ON p.customer_id = old.customer_id`;
}
