import { sql, type Sql } from '../engine/sql.ts';
import { audienceMember, hasLeft, ref } from './export-tables.ts';
import { addressesOfPeople } from './renamed-contacts.ts';

/** The addresses under which somebody left an audience and has not come back by themselves. */
export function addressesThatLeft(audience: string): Sql {
  return sql`
    SELECT address FROM ${ref(hasLeft)} WHERE audience = ${audience}
    UNION SELECT address FROM ${ref(audienceMember)} WHERE audience = ${audience} AND status = 'unsubscribed'`;
}

/** Whom these addresses belong to or ever did: nobody of them is added under another one (promise 1). */
export function peopleWhoLeft(audience: string): Sql {
  return sql`
    SELECT DISTINCT known.customer_id
    FROM (${addressesOfPeople(audience)}) AS known
    JOIN (${addressesThatLeft(audience)}) AS gone ON gone.address = known.address`;
}
