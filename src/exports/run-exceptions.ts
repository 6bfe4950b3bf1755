import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { outcome, planPerson, ref } from './export-tables.ts';

/** A person of a run who did not end in the audience as wanted. */
export interface RunException {
  email: string;
  /** keptOut | rejected | failed */
  result: string;
  reason: string;
  /** Mailchimp's words without the address, where it had any. */
  detail: string | null;
}

/** Those that the plan kept out or rejected, and those that the run did; in the order of the plan, a page of them. */
export async function runExceptions(
  engine: Engine,
  run: RunId,
  page: { limit: number; offset: number },
): Promise<RunException[]> {
  return engine.rows<RunException & Record<string, string | null>>(sql`
    SELECT coalesce(person.email, person.address) AS email,
      CASE WHEN coalesce(answer.result, person.action) = 'unmentioned' THEN 'failed'
        ELSE coalesce(answer.result, person.action) END AS result,
      coalesce(answer.reason, person.reason, 'not_mentioned') AS reason, answer.detail
    FROM ${ref(planPerson)} AS person
    LEFT JOIN ${ref(outcome)} AS answer ON answer.run = person.run AND answer.position = person.position
    WHERE person.run = ${run} AND (person.action IN ('keptOut', 'rejected') OR answer.result <> 'done')
    ORDER BY person.position LIMIT ${page.limit} OFFSET ${page.offset}`);
}
