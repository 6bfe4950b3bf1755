import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { holdsTag } from './compare-people.ts';
import { notListed } from './do-not-send.ts';
import { audienceMember, chunk, outcome, planPerson, ref, tagWork } from './export-tables.ts';
import { peopleWhoLeft } from './people-who-left.ts';
import { doneBy, needsUpsert, unfinishedBy } from './person-end.ts';
import type { ExportRun } from './plan.ts';
import { renamedContacts } from './renamed-contacts.ts';

/** Leavers only lose tags, whatever became of them, unless their contact is to be archived. */
const touched = sql`(action IN ('add', 'update') OR coalesce(archive, FALSE))`;

/** Whoever is to be added may have left under another address after the plan was made. */
function leftSince(audience: string): Sql {
  return sql`(person.action = 'add' AND coalesce(person.customer_id IN (${peopleWhoLeft(audience)}), FALSE))`;
}

/** A plan that is to start, and what it may change of people. */
export interface StartingPlan extends Pick<ExportRun, 'run' | 'audience' | 'tags'> {
  /** Merge tags. */
  fields: readonly string[];
}

/**
 * People whom the audience holds otherwise now than when the plan was made: another status, other values in the fields
 * the plan would change, or a tag that it would give and somebody else has given meanwhile, which must not become ours
 * (promise 2). They are left out, never added (promise 4).
 */
function moved(dialect: Dialect, { run, audience, tags, fields }: StartingPlan): Sql {
  const given = tags.map(
    (tag) => sql`(list_contains(person.add_segments, ${tag.segment}) AND ${holdsTag(tag, sql`member.tags`)})`,
  );
  const fieldMoved = fields.map((tag) => {
    const before = dialect.jsonText(sql`person.before`, tag);
    return sql`(${before} IS NOT NULL AND coalesce(${dialect.jsonText(sql`member.fields`, tag)}, '') <> ${before})`;
  });
  return sql`
    FROM ${ref(planPerson)} AS person
    LEFT JOIN ${ref(audienceMember)} AS member
      ON member.audience = ${audience} AND member.address = coalesce(person.from_address, person.address)
    WHERE person.run = ${run} AND ${touched}
      AND (member.status IS DISTINCT FROM person.seen_status
        OR ${leftSince(audience)}
        OR (person.from_address IS NOT NULL
          AND person.address IN (SELECT address FROM ${ref(audienceMember)} WHERE audience = ${audience}))
        OR (member.status IS NOT NULL AND (${join([sql`FALSE`, ...fieldMoved, ...given], ' OR ')})))`;
}

/**
 * The change that leaves out who came onto the do-not-send list after the plan was made: under the address of their
 * contact, or, as in a plan, under the one that the source has of a contact that was renamed in Mailchimp.
 */
export function leaveOutDoNotSend(
  dialect: Dialect,
  { run, audience }: Pick<ExportRun, 'run' | 'audience'>,
  now: Date,
): Change {
  const listedBefore = sql`SELECT to_address FROM (${renamedContacts(audience)}) AS moved
    WHERE NOT ${notListed(dialect, sql`moved.from_address`)}`;
  return sql`
    INSERT INTO ${ref(outcome)} (run, position, address, result, reason, detail, status, fields, tags, created, "at")
    SELECT ${run}, position, address, 'keptOut', 'do_not_send', NULL, NULL, NULL, NULL, FALSE, ${now.toISOString()}::TIMESTAMP
    FROM ${ref(planPerson)}
    WHERE run = ${run} AND action IN ('add', 'update')
      AND (NOT ${notListed(dialect, sql`address`)} OR address IN (${listedBefore}))
      AND position NOT IN (SELECT position FROM ${ref(outcome)} WHERE run = ${run})`;
}

/** How many of the people that a plan adds, changes or archives have moved, and of how many. */
export async function countMoved(engine: Engine, plan: StartingPlan): Promise<{ moved: number; of: number }> {
  const [row] = await engine.rows<{ moved: number }>(
    sql`SELECT count(*) AS moved ${moved(engine.dialect, plan)}`,
  );
  const [all] = await engine.rows<{ people: number }>(
    sql`SELECT count(*) AS people FROM ${ref(planPerson)} WHERE run = ${plan.run} AND ${touched}`,
  );
  return { moved: row?.moved ?? 0, of: all?.people ?? 0 };
}

/** The change that writes their outcome, before anything is sent. */
export function leaveOutMoved(dialect: Dialect, plan: StartingPlan, now: Date): Change {
  const { run, audience } = plan;
  return sql`
    INSERT INTO ${ref(outcome)} (run, position, address, result, reason, detail, status, fields, tags, created, "at")
    SELECT ${run}, person.position, person.address, 'keptOut',
      CASE WHEN list_contains(${keptOutStatuses}, member.status) THEN member.status
        WHEN ${leftSince(audience)} THEN 'left_under_other_address' ELSE 'moved' END,
      -- Of a contact that is still under its old address nothing is said of the new one.
      NULL, CASE WHEN person.from_address IS NULL THEN member.status END, NULL, NULL, FALSE, ${now.toISOString()}::TIMESTAMP
    ${moved(dialect, plan)}`;
}

/**
 * The changes that leave out, of a run that goes on, who moved while it was cut off, by facts that were read since: whose
 * contact is gone from its address, for another one among others, and who has another status. To be made when no request
 * is uncertain any more. Who was reached already stays so.
 */
export function leaveOutMovedSince(
  { run, audience }: Pick<ExportRun, 'run' | 'audience'>,
  now: Date,
): Change[] {
  const movedTo = sql`person.address IN (SELECT address FROM (${doneBy(run, 'move')}))`;
  // A request of ours may be why somebody is there in the status that it asked for; all else is of another hand.
  const untried = sql`NOT EXISTS (SELECT 1 FROM ${ref(chunk)} AS tried WHERE tried.run = ${run} AND tried.kind = 'upsert'
    AND tried.attempts > 0 AND person.position BETWEEN tried.first AND tried.last)`;
  return [
    sql`CREATE OR REPLACE TABLE export.moved_since AS
      SELECT person.position, person.address, person.from_address, member.status FROM ${ref(planPerson)} AS person
      LEFT JOIN ${ref(audienceMember)} AS member ON member.audience = ${audience}
        AND member.address = CASE WHEN ${movedTo} THEN person.address ELSE coalesce(person.from_address, person.address) END
      WHERE person.run = ${run} AND action IN ('add', 'update')
        AND (${needsUpsert} OR person.address IN (${unfinishedBy(run)}))
        AND person.position NOT IN (SELECT position FROM ${ref(outcome)} WHERE run = ${run})
        AND member.status IS DISTINCT FROM person.seen_status AND (${untried} OR member.status IS DISTINCT FROM person.status)`,
    sql`INSERT INTO ${ref(outcome)} (run, position, address, result, reason, detail, status, fields, tags, created, "at")
      SELECT ${run}, position, address, 'keptOut',
        CASE WHEN list_contains(${keptOutStatuses}, status) THEN status ELSE 'moved' END,
        NULL, CASE WHEN from_address IS NULL THEN status END, NULL, NULL, FALSE, ${now.toISOString()}::TIMESTAMP
      FROM export.moved_since`,
    sql`DELETE FROM ${ref(tagWork)} WHERE run = ${run} AND NOT done AND address IN (SELECT address FROM export.moved_since)`,
    sql`DROP TABLE export.moved_since`,
  ];
}
