import type { ExportId, RunId, SegmentId } from '../base/ids.ts';
import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import {
  audienceMember,
  exported,
  journal,
  notUndone,
  outcome,
  planCount,
  planPerson,
  ref,
  refusal,
  renamed,
  run as runTable,
} from './export-tables.ts';
import { addressesThatLeft } from './people-who-left.ts';
import { answeredFields, needsUpsert } from './person-end.ts';
import type { PlannedTag } from './plan.ts';
import { planTotals, type PlanTotals } from './plan-totals.ts';
import { addressesOfPeople } from './renamed-contacts.ts';

/** What the plan of an undo is made from, beside the journal, the facts and the ledger. */
export interface UndoInput {
  /** The undo's own. */
  run: RunId;
  /** The run that is taken back. */
  undoes: RunId;
  export: ExportId;
  audience: string;
  /** The tags that run gave or took, as far as they are still in the audience, under their names of now. */
  tags: readonly PlannedTag[];
}

/** The merge fields and tags that a run's journal speaks of. */
export interface Journalled {
  changes: number;
  fields: string[];
  segments: SegmentId[];
  /** People who got a tag: automations may have written to them. */
  tagged: number;
  /** People whom Mailchimp sent a mail to confirm. */
  asked: number;
}

export async function journalled(engine: Engine, run: RunId): Promise<Journalled> {
  const mine = sql`FROM ${ref(journal)} WHERE run = ${run}`;
  const names = await engine.rows<{ kind: string; name: string }>(
    sql`SELECT DISTINCT kind, name ${mine} AND kind IN ('field', 'tag', 'untag') ORDER BY kind, name`,
  );
  const [counts] = await engine.rows<Pick<Journalled, 'changes' | 'tagged' | 'asked'>>(sql`
    SELECT count(*) AS changes, count(DISTINCT address) FILTER (WHERE kind = 'tag') AS tagged,
      count(DISTINCT address) FILTER (WHERE kind = 'create' AND after = 'pending') AS asked ${mine}`);
  const segments = names.filter(({ kind }) => kind !== 'field').map(({ name }) => name as SegmentId);
  return {
    ...(counts ?? { changes: 0, tagged: 0, asked: 0 }),
    fields: names.filter(({ kind }) => kind === 'field').map(({ name }) => name),
    segments: [...new Set(segments)],
  };
}

/**
 * Journal × facts × ledger → the plan that takes a run back, in one commit. A change is taken back where the
 * audience still has what we wrote (as sent, or as it came back); one that is back already counts as
 * unchanged; every other stays, and stands in `export.not_undone` with its reason (promise 11):
 *
 *   a field            → its value before
 *   a tag given, taken → taken, given
 *   a contact made     → archived, unless anybody else has put it to use since; never deleted
 *   a contact archived → back in the status before, if we archived it and its person has not left since
 *   an address moved   → moved back, if it is free, nobody else's by now, and the contact is subscribed
 *
 * People who are in a kept-out status now are left alone, whatever was written (promise 1).
 */
export async function buildUndoPlan(engine: Engine, input: UndoInput): Promise<PlanTotals> {
  const { dialect } = engine;
  const { fields } = await journalled(engine, input.undoes);
  const mine = sql`WHERE run = ${input.run}`;
  await engine.commit([
    sql`DELETE FROM ${ref(planPerson)} ${mine}`,
    sql`DELETE FROM ${ref(planCount)} ${mine}`,
    sql`DELETE FROM ${ref(notUndone)} ${mine}`,
    sql`CREATE OR REPLACE TABLE export.undo_change AS ${judgedChanges(engine.dialect, input)}`,
    sql`CREATE OR REPLACE TABLE export.undo_person AS ${judgedPeople(dialect, input, fields)}`,
    sql`INSERT INTO ${ref(planPerson)}
      (run, position, action, reason, address, email, customer_id, seen_status, status, fields, before,
        field_count, add_segments, remove_segments, archive, from_address)
      ${undoRows(input)}`,
    sql`INSERT INTO ${ref(notUndone)} (run, address, kind, name, reason)
      SELECT ${input.run}, coalesce(person.back_to, change.address), kind, name, coalesce(person.reason, 'changed_since')
      FROM export.undo_change AS change JOIN export.undo_person AS person ON person.address = change.address
      WHERE person.action = 'keptOut' AND (verdict <> 'same' OR person.seen_status IS NULL)
        OR person.action IN ('add', 'update') AND verdict = 'changed'`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT run, action, reason, count(*) FROM ${ref(planPerson)} ${mine} GROUP BY ALL`,
    // Whose contact is archived again counts as leaving, apart from those who stay (promise 7).
    sql`INSERT INTO ${ref(planCount)}
      SELECT ${input.run}, 'desired', NULL, count(*) FROM export.undo_person WHERE action <> 'leave'`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT ${input.run}, 'unchanged', NULL, count(*) FROM export.undo_person WHERE action = 'unchanged'`,
    sql`DROP TABLE export.undo_person`,
    sql`DROP TABLE export.undo_change`,
  ]);
  return planTotals(engine, input.run);
}

/**
 * Every change of the run beside what the audience has of it now: `same` as before the run, still `ours`, or
 * `changed` by somebody since.
 */
function judgedChanges(dialect: Dialect, { undoes, export: exportId, audience, tags }: UndoInput): Sql {
  return sql`
    WITH entry AS (
      -- Of people who were erased since, nothing is left but blanks.
      SELECT address AS was, kind, name, coalesce(before, '') AS before, after FROM ${ref(journal)}
      WHERE run = ${undoes} AND address <> '' AND kind IN ('create', 'field', 'tag', 'untag', 'archive', 'address')
    ), moved AS (
      SELECT from_address, arg_max(to_address, "at") AS to_address FROM ${ref(renamed)}
      -- What moved before the run was made was known by its new address then; whoever was at the old one is somebody else.
      WHERE audience = ${audience} AND "at" >= (SELECT min(made_at) FROM ${ref(runTable)} WHERE run = ${undoes})
      GROUP BY from_address
    ), answer AS (
      SELECT answer.address, arg_max(${answeredFields(dialect)}, answer."at") AS fields FROM ${ref(outcome)} AS answer
      LEFT JOIN ${ref(planPerson)} AS person ON person.run = answer.run AND person.position = answer.position
      WHERE answer.run = ${undoes} AND result = 'done' GROUP BY answer.address
    ), tag AS (
      SELECT unnest(${tags.map(({ segment }) => segment)}::VARCHAR[]) AS segment,
        unnest(${tags.map(({ heldAs }) => heldAs.toLowerCase())}::VARCHAR[]) AS tag
    ), gone AS (
      ${addressesThatLeft(audience)}
      UNION SELECT address FROM ${ref(refusal)} WHERE audience = ${audience} AND kind = 'keptOut' AND retry_at IS NULL
    ), left_person AS (
      SELECT DISTINCT known.customer_id
      FROM (${addressesOfPeople(audience)}) AS known JOIN gone ON gone.address = known.address
    ), beside AS (
      SELECT entry.*, coalesce(moved.to_address, entry.was) AS address
      FROM entry LEFT JOIN moved ON moved.from_address = entry.was
    ), known AS (
      SELECT beside.*, ledger.customer_id, member.status,
        coalesce(json_extract_string(member.fields, '/' || name), '') AS held,
        CASE WHEN answer.fields IS NULL THEN after
          ELSE coalesce(json_extract_string(answer.fields, '/' || name), '') END AS came_back,
        tag.tag IS NOT NULL AS tag_there, coalesce(list_contains(member.tags, tag.tag), FALSE) AS tag_held,
        coalesce(ledger.segments, []::VARCHAR[]) AS given, coalesce(ledger.created, FALSE) AS created,
        coalesce(ledger.archived, FALSE) AS archived_by_us,
        gone.address IS NOT NULL AS gone, left_person.customer_id IS NOT NULL AS person_left,
        before NOT IN (SELECT address FROM ${ref(audienceMember)} WHERE audience = ${audience})
          AND before NOT IN (SELECT address FROM gone)
          AND NOT EXISTS (SELECT 1 FROM unify.address AS other
            WHERE other.address = before AND other.customer_id IS DISTINCT FROM ledger.customer_id) AS before_free,
        member.tags AS tags
      FROM beside
      LEFT JOIN ${ref(audienceMember)} AS member
        ON member.audience = ${audience} AND member.address = beside.address
      LEFT JOIN ${ref(exported)} AS ledger
        ON ledger.export = ${exportId} AND ledger.audience = ${audience} AND ledger.address = beside.address
      LEFT JOIN answer ON answer.address = beside.was
      LEFT JOIN tag ON beside.kind IN ('tag', 'untag') AND tag.segment = beside.name
      LEFT JOIN gone ON gone.address = beside.address
      LEFT JOIN left_person ON left_person.customer_id = ledger.customer_id
    )
    SELECT *, CASE
      WHEN kind = 'field' THEN
        CASE WHEN held = before THEN 'same' WHEN held IN (after, came_back) THEN 'ours' ELSE 'changed' END
      WHEN kind = 'tag' THEN
        CASE WHEN NOT tag_held THEN 'same' WHEN list_contains(given, name) THEN 'ours' ELSE 'changed' END
      WHEN kind = 'untag' THEN
        CASE WHEN tag_held THEN 'same' WHEN tag_there THEN 'ours' ELSE 'changed' END
      WHEN kind = 'address' THEN
        CASE WHEN address = before THEN 'same'
          WHEN was = address AND status = 'subscribed' AND before_free AND NOT gone AND NOT person_left THEN 'ours'
          ELSE 'changed' END
      WHEN kind = 'archive' THEN
        CASE WHEN status <> 'archived' THEN 'same'
          WHEN archived_by_us AND NOT gone AND NOT person_left AND before IN ('subscribed', 'transactional') THEN 'ours'
          ELSE 'changed' END
      WHEN kind = 'create' THEN
        CASE WHEN status IS NULL OR status = 'archived' THEN 'same'
          WHEN created AND status = after AND status IN ('subscribed', 'transactional') AND was = address THEN 'ours'
          ELSE 'changed' END
      END AS verdict
    FROM known`;
}

/** One row for each person of the journal, with what happens to them. */
function judgedPeople(dialect: Dialect, input: UndoInput, fields: readonly string[]): Sql {
  const ownTags = input.tags.map(({ heldAs }) => heldAs.toLowerCase());
  const where = (condition: Sql, value: Sql) => sql`max(${value}) FILTER (WHERE ${condition})`;
  const fieldIs = (tag: string) => sql`kind = 'field' AND name = ${tag}`;
  const ours = (tag: string) => sql`${fieldIs(tag)} AND verdict = 'ours'`;
  const putBack = fields.map((tag) => ({ key: tag, value: where(ours(tag), sql`before`) }));
  const held = fields.map((tag) => ({ key: tag, value: where(fieldIs(tag), sql`held`) }));
  const segments = (kind: 'tag' | 'untag') => sql`
    coalesce(list(name ORDER BY name) FILTER (WHERE kind = ${kind} AND verdict = 'ours'), []::VARCHAR[])`;
  return sql`
    WITH other_export AS (
      SELECT DISTINCT address FROM ${ref(exported)}
      WHERE audience = ${input.audience} AND export <> ${input.export} AND left_at IS NULL
    ), source AS (
      SELECT address, any_value(email) AS email, any_value(customer_id) AS customer_id
      FROM ${ref(planPerson)} WHERE run = ${input.undoes} AND address <> '' GROUP BY address
    ), person AS (
      SELECT address, min(was) AS was, max(customer_id) AS customer_id, max(status) AS seen_status,
        ${where(sql`kind = 'create'`, sql`verdict`)} AS made, ${where(sql`kind = 'create'`, sql`before`)} AS made_from,
        ${where(sql`kind = 'archive'`, sql`verdict`)} AS archived, ${where(sql`kind = 'archive'`, sql`before`)} AS archived_from,
        bool_or(gone) AS gone, bool_or(person_left) AS person_left,
        count(*) FILTER (WHERE verdict = 'changed') AS changed,
        count(*) FILTER (WHERE verdict = 'ours' AND kind IN ('field', 'tag', 'untag', 'address')) AS ours,
        count(*) FILTER (WHERE verdict = 'ours' AND kind = 'field') AS field_count,
        -- Somebody else's tag on a contact that we made: it is in use.
        coalesce(bool_or(len(list_filter(tags, lambda held: NOT list_contains(${ownTags}::VARCHAR[], held))) > 0), FALSE)
          AS other_tags,
        ${dialect.jsonObject(putBack)} AS fields, ${dialect.jsonObject(held)} AS held,
        ${where(sql`kind = 'address' AND verdict = 'ours'`, sql`before`)} AS back_to,
        ${segments('untag')} AS add_segments, ${segments('tag')} AS remove_segments
      FROM export.undo_change GROUP BY address
    ), known AS (
      SELECT person.* REPLACE (coalesce(person.customer_id, source.customer_id) AS customer_id),
        coalesce(back_to, source.email, person.address) AS email,
        other_export.address IS NOT NULL OR (other_tags AND made_from = '') AS in_use,
        list_contains(${keptOutStatuses}, seen_status) AS kept_out
      FROM person LEFT JOIN source ON source.address = person.was
      LEFT JOIN other_export ON other_export.address = person.address
    ), decided AS (
      SELECT *, CASE
        -- Deleted, or under another address by now: which of the two is not known.
        WHEN seen_status IS NULL THEN 'keptOut'
        WHEN made = 'same' THEN 'unchanged'
        WHEN made = 'ours' AND changed = 0 AND NOT in_use THEN
          -- A contact that we had archived before the run gets its fields back first.
          CASE WHEN made_from <> '' AND field_count > 0 THEN 'update' ELSE 'leave' END
        WHEN made IS NOT NULL THEN 'keptOut'
        WHEN archived = 'ours' THEN 'add'
        WHEN archived = 'changed' OR kept_out THEN 'keptOut'
        WHEN ours > 0 THEN 'update'
        WHEN changed > 0 THEN 'keptOut'
        ELSE 'unchanged' END AS action
      FROM known
    )
    SELECT *, action IN ('leave', 'update') AND made IS NOT NULL AS archive,
      CASE WHEN action <> 'keptOut' THEN NULL
        WHEN seen_status IS NULL THEN 'deleted'
        WHEN archived = 'changed' AND gone THEN 'unsubscribed'
        WHEN archived = 'changed' AND person_left THEN 'left_under_other_address'
        WHEN kept_out THEN seen_status
        ELSE 'changed_since' END AS reason
    FROM decided`;
}

/** The rows of the stored plan, in the order of delivery: people who need an upsert first. */
function undoRows(input: UndoInput): Sql {
  const acts = sql`action IN ('add', 'update', 'leave')`;
  const sends = sql`action IN ('add', 'update')`;
  const none = sql`[]::VARCHAR[]`;
  const backTo = sql`CASE WHEN action = 'update' THEN back_to END`;
  return sql`
    SELECT ${input.run}, row_number() OVER (ORDER BY ${join([
      sql`CASE WHEN ${needsUpsert} THEN 1
        WHEN action = 'update' THEN 2 WHEN action = 'leave' THEN 3 ELSE 4 END`,
      sql`address`,
    ])}), action, reason, coalesce(${backTo}, address), email, customer_id, seen_status,
      CASE WHEN action = 'add' THEN archived_from ELSE seen_status END,
      CASE WHEN ${sends} THEN fields ELSE '{}' END, CASE WHEN ${acts} THEN held ELSE '{}' END,
      CASE WHEN ${sends} THEN field_count ELSE 0 END,
      CASE WHEN ${sends} THEN add_segments ELSE ${none} END,
      CASE WHEN ${acts} THEN remove_segments ELSE ${none} END, coalesce(archive, FALSE),
      CASE WHEN ${backTo} IS NOT NULL THEN address END
    FROM export.undo_person WHERE action <> 'unchanged' ORDER BY 2`;
}

/** The changes that an undo leaves as they are, by reason. */
export async function countNotUndone(engine: Engine, run: RunId): Promise<Record<string, number>> {
  const rows = await engine.rows<{ reason: string; changes: number }>(sql`
    SELECT reason, count(*) AS changes FROM ${ref(notUndone)} WHERE run = ${run} GROUP BY reason ORDER BY reason`);
  return Object.fromEntries(rows.map(({ reason, changes }) => [reason, changes]));
}
