import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { changeCounts, planTotals } from './plan-totals.ts';
import {
  audienceMember,
  exported,
  hasLeft,
  journal,
  outcome as outcomeTable,
  planPerson,
  ref,
} from './export-tables.ts';
import { parkRefused } from './parked-people.ts';
import { answeredFields, doneBy, endedAs, endReason, unfinishedBy } from './person-end.ts';
import type { ExportRun, PeopleCounts } from './plan.ts';
import { writeRun } from './run-records.ts';
import { believeHints } from './webhook-events.ts';

/**
 * Ends a run: folds what became of its people into the ledger, the facts and the journal, counts them, and
 * writes the record, all in one commit. Whoever was not reached counts as `not_sent`.
 * @param record with its final status, time and requests; its counts are computed here
 */
export async function finishRun(engine: Engine, record: ExportRun): Promise<ExportRun> {
  await engine.commit([settledPeople(engine.dialect, record)]);
  const finished = { ...record, ...(await finalCounts(engine, record)) };
  await engine.commit([
    ...foldIntoFacts(engine.dialect, record),
    ...foldIntoLedger(engine.dialect, record),
    ...foldIntoJournal(engine.dialect, record, await fieldsSent(engine)),
    sql`DROP TABLE export.settled`,
    ...writeRun(finished),
  ]);
  // The run is over and recorded: that its log is folded into the file can wait for the next one.
  await engine.checkpoint().catch(() => undefined);
  return finished;
}

/** One row for each person of the plan who was to be touched, with what really happened. */
function settledPeople(dialect: Dialect, record: ExportRun): Sql {
  const { run } = record;
  const given = dialect.textsWhere(
    record.tags.map(({ segment, name }) => ({
      when: sql`list_contains(tagged, ${segment})
        OR (list_contains(add_segments, ${segment}) AND list_contains(now_tags, ${name.toLowerCase()}))`,
      text: segment,
    })),
  );
  return sql`
    CREATE OR REPLACE TABLE export.settled AS
    WITH tagged AS (${doneBy(run, 'tag')}), untagged AS (${doneBy(run, 'untag')}), archived AS (${doneBy(run, 'archive')}),
    moved AS (${doneBy(run, 'move')}), unfinished AS (${unfinishedBy(run)}), beside AS (
      SELECT person.*, answer.result, answer.status AS now_status,
        ${answeredFields(dialect)} AS now_fields, answer.tags AS now_tags, answer.contact_id, coalesce(answer.created, FALSE) AS created,
        coalesce(tagged.segments, []::VARCHAR[]) AS tagged, coalesce(untagged.segments, []::VARCHAR[]) AS untagged,
        archived.address IS NOT NULL AS archived, moved.address IS NOT NULL AS moved,
        CASE WHEN moved.address IS NULL THEN coalesce(person.from_address, person.address) ELSE person.address END AS contact,
        ${endedAs} AS final, ${endReason} AS final_reason
      FROM ${ref(planPerson)} AS person
      LEFT JOIN ${ref(outcomeTable)} AS answer ON answer.run = person.run AND answer.position = person.position
      LEFT JOIN tagged ON tagged.address = person.address
      LEFT JOIN untagged ON untagged.address = person.address
      LEFT JOIN archived ON archived.address = person.address
      LEFT JOIN moved ON moved.address = person.address
      LEFT JOIN unfinished ON unfinished.address = person.address
      WHERE person.run = ${run} AND person.action IN ('add', 'update', 'leave', 'same')
    )
    SELECT *, ${given} AS given_now FROM beside`;
}

/** Promise 7 for a finished run: what the plan kept out or rejected stays, the rest ends where it ended. */
async function finalCounts(
  engine: Engine,
  record: ExportRun,
): Promise<Pick<ExportRun, 'people' | 'changes'>> {
  const planned = (await planTotals(engine, record.run)).people;
  const rows = await engine.rows<{ action: string; final: string; reason: string | null; people: number }>(
    sql`SELECT action, final, final_reason AS reason, count(*) AS people FROM export.settled GROUP BY ALL`,
  );
  const people: PeopleCounts = { ...planned, add: 0, update: 0, leave: 0, failed: {} };
  people.keptOut = { ...planned.keptOut };
  people.rejected = { ...planned.rejected };
  for (const row of rows) {
    const counted =
      row.action === 'add' || row.action === 'update' || row.action === 'leave' ? row.action : undefined;
    if (counted === undefined) continue;
    if (row.final === 'done') people[counted] += row.people;
    else if (counted !== 'leave') {
      const bucket = people[row.final as 'keptOut' | 'rejected' | 'failed'];
      const reason = row.reason ?? 'unknown';
      bucket[reason] = (bucket[reason] ?? 0) + row.people;
    }
  }
  const [changes] = await engine.rows<Required<ExportRun['changes']>>(sql`
    SELECT coalesce(sum(field_count) FILTER (WHERE result = 'done'), 0) AS fields,
      coalesce(sum(len(given_now)), 0) AS tag, coalesce(sum(len(untagged)), 0) AS untag,
      count(*) FILTER (WHERE archived) AS archive, count(*) FILTER (WHERE moved) AS moves FROM export.settled`);
  return { people, changes: changeCounts(changes) };
}

/** The tags a person holds after the run, as far as the run knows. */
function tagsNow(dialect: Dialect, record: ExportRun): Sql {
  const names = (segments: Sql) =>
    dialect.textsWhere(
      record.tags.map(({ segment, name }) => ({
        when: sql`list_contains(${segments}, ${segment})`,
        text: name.toLowerCase(),
      })),
    );
  return sql`list_sort(list_distinct(list_filter(
    list_concat(coalesce(settled.now_tags, member.tags, []::VARCHAR[]), ${names(sql`settled.given_now`)}),
    lambda held: NOT list_contains(${names(sql`settled.untagged`)}, held))))`;
}

function foldIntoFacts(dialect: Dialect, record: ExportRun): Change[] {
  const { audience } = record;
  const fields = dialect.jsonMerge(
    sql`coalesce(settled.now_fields, member.fields, '{}')`,
    sql`CASE WHEN settled.now_fields IS NULL AND settled.result = 'done' THEN settled.fields ELSE '{}' END`,
  );
  return [
    sql`CREATE OR REPLACE TABLE export.member_now AS
      SELECT settled.address,
        CASE WHEN settled.archived THEN 'archived'
          -- A reading or a call that came while the run was going knows better than an older answer that somebody is out.
          WHEN list_contains(${keptOutStatuses}, member.status) AND member.status IS DISTINCT FROM settled.seen_status
            THEN member.status
          ELSE coalesce(settled.now_status, member.status, settled.status) END AS status,
        ${fields} AS fields, ${tagsNow(dialect, record)} AS tags, member.last_changed,
        -- A contact that is new is known by its id from the start: it may change its address before the next read.
        coalesce(settled.contact_id, member.contact_id) AS contact_id,
        member.status AS status_before, member.reason AS reason_before, member.since AS since_before
      FROM export.settled AS settled
      LEFT JOIN ${ref(audienceMember)} AS member
        ON member.audience = ${audience} AND member.address = settled.address
      WHERE settled.now_status IS NOT NULL OR settled.result = 'done' OR settled.archived
        OR len(settled.tagged) > 0 OR len(settled.untagged) > 0`,
    sql`DELETE FROM ${ref(audienceMember)} WHERE audience = ${audience}
      AND address IN (SELECT address FROM export.member_now)`,
    sql`INSERT INTO ${ref(audienceMember)} SELECT ${audience}, address, status, fields, tags, last_changed, contact_id,
        CASE WHEN status = status_before THEN reason_before END,
        CASE WHEN status = status_before THEN since_before ELSE ${record.finishedAt}::TIMESTAMP END
      FROM export.member_now`,
    sql`DROP TABLE export.member_now`,
    // An answer may be older than a call that came while the run was going.
    ...believeHints(audience),
    ...parkRefused(record),
    sql`INSERT INTO ${ref(hasLeft)}
      -- Who unsubscribed did so where the contact is; who was deleted for good, under the address that was refused.
      SELECT ${audience}, CASE WHEN final_reason = 'unsubscribed' THEN contact ELSE address END
      FROM export.settled WHERE final_reason IN ('unsubscribed', 'compliance', 'deleted')
      EXCEPT SELECT audience, address FROM ${ref(hasLeft)}`,
  ];
}

function foldIntoLedger(dialect: Dialect, record: ExportRun): Change[] {
  const at = sql`${record.finishedAt}::TIMESTAMP`;
  const sent = dialect.jsonMerge(sql`coalesce(ledger.sent, '{}')`, sql`settled.fields`);
  const cameBack = dialect.jsonMerge(
    sql`coalesce(ledger.came_back, '{}')`,
    sql`coalesce(settled.now_fields, settled.fields)`,
  );
  // Somebody reached at least once is in the ledger even if a later request of theirs failed: what we gave
  // must be known to be ours.
  const touched = sql`(settled.final = 'done' OR settled.result = 'done' OR len(settled.given_now) > 0 OR len(settled.untagged) > 0)`;
  return [
    sql`CREATE OR REPLACE TABLE export.ledger_now AS
      SELECT settled.address, coalesce(settled.customer_id, ledger.customer_id) AS customer_id,
        CASE WHEN settled.result = 'done' THEN ${sent} ELSE coalesce(ledger.sent, '{}') END AS sent,
        CASE WHEN settled.result = 'done' THEN ${cameBack} ELSE coalesce(ledger.came_back, '{}') END AS came_back,
        list_sort(list_distinct(list_filter(
          list_concat(CASE WHEN settled.action = 'leave' AND settled.final = 'done' AND ${record.leavers} <> 'keep'
            THEN []::VARCHAR[] ELSE coalesce(ledger.segments, []::VARCHAR[]) END, settled.given_now),
          lambda given: NOT list_contains(settled.untagged, given)))) AS segments,
        coalesce(ledger.created, FALSE) OR settled.created AS created,
        settled.archived OR (coalesce(ledger.archived, FALSE) AND settled.action NOT IN ('add', 'update')) AS archived,
        CASE WHEN settled.action = 'leave' AND settled.final = 'done' THEN ${at}
          -- Who had left and only gets fields back has not come back.
          WHEN ${record.kind === 'undo'} AND len(settled.given_now) = 0 AND settled.action = 'update' THEN ledger.left_at
          END AS left_at
      FROM export.settled AS settled
      LEFT JOIN ${ref(exported)} AS ledger
        ON ledger.export = ${record.export} AND ledger.audience = ${record.audience} AND ledger.address = settled.address
      WHERE ${touched}`,
    sql`DELETE FROM ${ref(exported)} WHERE export = ${record.export} AND audience = ${record.audience}
      AND address IN (SELECT address FROM export.ledger_now)`,
    sql`INSERT INTO ${ref(exported)}
      SELECT ${record.export}, ${record.audience}, address, customer_id, sent, came_back, segments, created, archived,
        ${record.run}, ${at}, left_at FROM export.ledger_now`,
    sql`DROP TABLE export.ledger_now`,
  ];
}

/** The fields that were sent to anybody of the run. */
async function fieldsSent(engine: Engine): Promise<string[]> {
  const rows = await engine.rows<{ field: string }>(sql`
    SELECT DISTINCT unnest(${engine.dialect.jsonKeys(sql`fields`)}) AS field
    FROM export.settled WHERE result = 'done' ORDER BY field`);
  return rows.map(({ field }) => field);
}

function foldIntoJournal(dialect: Dialect, record: ExportRun, sent: readonly string[]): Change[] {
  const { run } = record;
  const at = sql`${record.finishedAt}::TIMESTAMP`;
  const entry = (
    kind: string,
    name: Sql,
    before: Sql,
    after: Sql,
    where: Sql,
    from: Sql = sql`export.settled`,
  ) => sql`SELECT ${run}, address, ${kind}, ${name}, ${before}, ${after}, ${at} FROM ${from} WHERE ${where}`;
  const fields = sql`(SELECT address, unnest(${sent}) AS field, unnest(${dialect.jsonTexts(sql`before`, sent)}) AS field_before,
    unnest(${dialect.jsonTexts(sql`fields`, sent)}) AS field_after FROM export.settled WHERE result = 'done')`;
  return [
    sql`INSERT INTO ${ref(journal)} ${join(
      [
        entry(
          'create',
          sql`NULL`,
          sql`seen_status`,
          sql`coalesce(now_status, status)`,
          sql`result = 'done' AND action = 'add'`,
        ),
        entry('field', sql`field`, sql`field_before`, sql`field_after`, sql`field_after IS NOT NULL`, fields),
        entry('tag', sql`unnest(given_now)`, sql`NULL`, sql`NULL`, sql`len(given_now) > 0`),
        entry('untag', sql`unnest(untagged)`, sql`NULL`, sql`NULL`, sql`len(untagged) > 0`),
        entry('archive', sql`NULL`, sql`seen_status`, sql`'archived'`, sql`archived`),
        entry('address', sql`NULL`, sql`from_address`, sql`address`, sql`moved`),
      ],
      ' UNION ALL ',
    )}`,
  ];
}
