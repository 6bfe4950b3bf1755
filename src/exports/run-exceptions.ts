import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { endedPeople, type EndedRun } from './run-people.ts';

/** A person of a run who did not end in the audience as wanted. */
export interface RunException {
  email: string;
  /** keptOut | rejected | failed */
  result: string;
  reason: string;
  /** Mailchimp's words without the address, or what is wrong with a value; where there was anything to say. */
  detail: string | null;
}

/** Those that the plan kept out or rejected, and those that the run did not reach as planned; in its order, a page of them. */
export async function runExceptions(
  engine: Engine,
  run: EndedRun,
  page: { limit: number; offset: number },
): Promise<RunException[]> {
  return engine.rows<RunException & Record<string, string | null>>(sql`
    SELECT coalesce(email, address) AS email, ended AS result, coalesce(end_reason, 'unknown') AS reason,
      coalesce(words, detail) AS detail
    FROM (${endedPeople(run)}) WHERE ended IN ('keptOut', 'rejected', 'failed')
    ORDER BY position LIMIT ${page.limit} OFFSET ${page.offset}`);
}
