import type { ExportId, RunId, SegmentId } from '../base/ids.ts';
import type { Dialect } from '../engine/dialect.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { validAddress } from './address-rule.ts';
import type { ExportConfig } from './export-config.ts';
import {
  audienceMember,
  doNotSend,
  exported,
  hasLeft,
  knownAddress,
  planCount,
  planPerson,
  ref,
  refusal,
} from './export-tables.ts';
import { fieldValue, type FieldMapping } from './field-value.ts';
import type { ChangeCounts, PeopleCounts, PlannedTag } from './plan.ts';

export interface PlanInput {
  run: RunId;
  export: ExportId;
  audience: string;
  config: Pick<ExportConfig, 'segments' | 'exclude' | 'leavers' | 'newContacts'>;
  /** The attribute with the address, and its type. */
  email: Column;
  fields: readonly FieldMapping[];
  /** Tags of this audience that are or were ours, and those to be made. */
  tags: readonly PlannedTag[];
  /** A canary: at most this many people are added or changed, and nobody leaves. */
  limit?: number;
}

export interface PlanResult {
  people: PeopleCounts;
  changes: ChangeCounts;
}

/**
 * Desired × facts × ledger → plan, in SQL and in one commit: the same inputs give the same rows in the same
 * order, whatever order the people came in. Nobody's row passes through this process.
 */
export async function buildPlan(engine: Engine, input: PlanInput): Promise<PlanResult> {
  const { dialect } = engine;
  await engine.commit([
    sql`DELETE FROM ${ref(planPerson)} WHERE run = ${input.run}`,
    sql`DELETE FROM ${ref(planCount)} WHERE run = ${input.run}`,
    sql`CREATE OR REPLACE TABLE export.desired AS ${desiredPeople(dialect, input)}`,
    rememberAddresses,
    sql`CREATE OR REPLACE TABLE export.compared AS ${comparedPeople(dialect, input)}`,
    sql`INSERT INTO ${ref(planPerson)} ${planRows(dialect, input)}`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT run, action, reason, count(*) FROM ${ref(planPerson)} WHERE run = ${input.run} GROUP BY ALL`,
    sql`INSERT INTO ${ref(planCount)} SELECT ${input.run}, 'desired', NULL, count(*) FROM export.desired`,
    sql`INSERT INTO ${ref(planCount)}
      SELECT ${input.run}, 'unchanged', NULL, count(*) FROM export.compared WHERE action IN ('unchanged', 'same')`,
    sql`DROP TABLE export.compared`,
    sql`DROP TABLE export.desired`,
  ]);
  return planTotals(engine, input.run);
}

/**
 * The distinct people of the chosen segments less the excluded ones and the do-not-send list, keyed by the folded address. Of two
 * profiles with one address the one that has been known longest is wanted (then the smaller id); the other
 * is reported as `duplicate_address`.
 */
function desiredPeople(dialect: Dialect, input: PlanInput): Sql {
  const email = sql`profile.${name(input.email.name)}`;
  const values = dialect.jsonObject(
    input.fields.map((field) => ({ key: field.tag, value: fieldValue(dialect, field, sql`profile`) })),
  );
  return sql`
    WITH chosen AS (
      SELECT customer_id, list(DISTINCT segment ORDER BY segment) AS segments
      FROM segment.member
      WHERE list_contains(${input.config.segments}, segment)
        AND customer_id NOT IN (
          SELECT customer_id FROM segment.member WHERE list_contains(${input.config.exclude}, segment))
      GROUP BY customer_id
    ), person AS (
      SELECT profile.customer_id, profile.first_seen, chosen.segments, ${dialect.trimBlanks(email)} AS email,
        ${dialect.foldAddress(email)} AS address, ${values} AS fields
      FROM chosen JOIN profile.profile AS profile ON profile.customer_id = chosen.customer_id
    ), wanted AS (
      SELECT * FROM person
      WHERE coalesce(${dialect.digest(sql`address`, 'sha256')} NOT IN (SELECT digest FROM ${ref(doNotSend)})
        AND ${dialect.digest(sql`address`, 'md5')} NOT IN (SELECT digest FROM ${ref(doNotSend)}), TRUE)
    )
    SELECT *, CASE
      WHEN address IS NULL OR address = '' THEN 'no_address'
      -- Folding some letters beyond ASCII gives ASCII ones (İ → i), in SQL otherwise than elsewhere.
      WHEN NOT ${validAddress(dialect, sql`address`)} OR NOT ${dialect.matches(sql`email`, '^[\\x21-\\x7E]+$')}
        THEN 'invalid_address'
      WHEN row_number() OVER (PARTITION BY address ORDER BY first_seen, customer_id) > 1 THEN 'duplicate_address'
      END AS rejected
    FROM wanted`;
}

const rememberAddresses = sql`
  INSERT INTO ${ref(knownAddress)}
  SELECT DISTINCT address, customer_id FROM export.desired WHERE rejected IS NULL OR rejected = 'duplicate_address'
  EXCEPT SELECT address, customer_id FROM ${ref(knownAddress)}`;

/** Every desired person beside what the audience holds and what we know of having sent, with the verdict. */
function comparedPeople(dialect: Dialect, input: PlanInput): Sql {
  const fresh = sql`(seen_status IS NULL OR back_from_archive)`;
  const changed = (tag: string) => fieldChanged(dialect, tag);
  const onlyChanged = (of: (tag: string) => Sql) =>
    dialect.jsonObject(
      input.fields.map(({ tag }) => ({
        key: tag,
        value: sql`CASE WHEN ${changed(tag)} THEN ${of(tag)} END`,
      })),
    );
  const count = input.fields.map(({ tag }) => sql`CASE WHEN ${changed(tag)} THEN 1 ELSE 0 END`);
  const add = dialect.textsWhere(
    input.tags.map((tag) => ({
      when: sql`list_contains(segments, ${tag.segment}) AND NOT ${holdsTag(tag)}`,
      text: tag.segment,
    })),
  );
  const remove = dialect.textsWhere(
    input.tags.map((tag) => ({
      when: sql`list_contains(given, ${tag.segment}) AND NOT list_contains(segments, ${tag.segment}) AND ${holdsTag(tag)}`,
      text: tag.segment,
    })),
  );
  return sql`
    WITH gone AS (
      SELECT address FROM ${ref(hasLeft)} WHERE audience = ${input.audience}
      UNION SELECT address FROM ${ref(audienceMember)} WHERE audience = ${input.audience} AND status = 'unsubscribed'
    ), left_person AS (
      SELECT DISTINCT known.customer_id
      FROM (SELECT address, customer_id FROM ${ref(knownAddress)}
        UNION SELECT address, customer_id FROM unify.address) AS known
      JOIN gone ON gone.address = known.address
    ), archived_by_us AS (
      SELECT DISTINCT address FROM ${ref(exported)} WHERE audience = ${input.audience} AND archived
    ), refused AS (
      SELECT address, arg_max(kind, "at") AS kind, arg_max(reason, "at") AS reason, arg_max(coalesce(fields, ''), "at") AS fields
      FROM ${ref(refusal)} WHERE audience = ${input.audience} GROUP BY address
    ), beside AS (
      SELECT desired.*, member.status AS seen_status, coalesce(member.fields, '{}') AS held,
        coalesce(member.tags, []::VARCHAR[]) AS held_tags, coalesce(ledger.sent, '{}') AS sent,
        coalesce(ledger.came_back, '{}') AS came_back, coalesce(ledger.segments, []::VARCHAR[]) AS given,
        ledger.left_at IS NOT NULL AS had_left,
        coalesce(member.status = 'archived' AND archived_by_us.address IS NOT NULL, FALSE) AS back_from_archive,
        CASE
          WHEN desired.rejected IS NOT NULL THEN NULL
          WHEN member.status IN ('unsubscribed', 'cleaned', 'pending') THEN member.status
          WHEN member.status = 'archived' AND archived_by_us.address IS NULL THEN 'archived'
          WHEN gone.address IS NOT NULL AND coalesce(member.status, 'archived') = 'archived'
            AND coalesce(refused.fields, '') = '' AND refused.reason IS NOT NULL THEN refused.reason
          WHEN gone.address IS NOT NULL AND coalesce(member.status, 'archived') = 'archived' THEN 'unsubscribed'
          WHEN gone.address IS NULL AND left_person.customer_id IS NOT NULL THEN 'left_under_other_address'
        END AS kept_out,
        refused.kind AS refused_kind, refused.reason AS refused_reason, refused.fields AS refused_fields
      FROM export.desired AS desired
      LEFT JOIN ${ref(audienceMember)} AS member
        ON member.audience = ${input.audience} AND member.address = desired.address
      LEFT JOIN ${ref(exported)} AS ledger
        ON ledger.export = ${input.export} AND ledger.address = desired.address AND ledger.audience = ${input.audience}
      LEFT JOIN gone ON gone.address = desired.address
      LEFT JOIN archived_by_us ON archived_by_us.address = desired.address
      LEFT JOIN refused ON refused.address = desired.address
      LEFT JOIN left_person ON left_person.customer_id = desired.customer_id
    ), weighed AS (
      SELECT *,
        ${onlyChanged((tag) => dialect.jsonText(sql`fields`, tag))} AS new_fields,
        ${onlyChanged((tag) => sql`coalesce(${dialect.jsonText(sql`held`, tag)}, '')`)} AS before,
        ${count.length === 0 ? sql`0` : join(count, ' + ')} AS field_count,
        ${add} AS add_segments, ${remove} AS remove_segments
      FROM beside
    ), judged AS (
      SELECT *, coalesce(refused_fields = new_fields OR (refused_fields = '' AND seen_status IS NULL), FALSE) AS refused
      FROM weighed
    )
    SELECT *, CASE
      WHEN rejected IS NOT NULL THEN 'rejected'
      WHEN kept_out IS NOT NULL THEN 'keptOut'
      WHEN refused THEN refused_kind
      WHEN ${fresh} THEN 'add'
      WHEN field_count > 0 OR len(add_segments) > 0 OR len(remove_segments) > 0 THEN 'update'
      WHEN had_left THEN 'same'
      ELSE 'unchanged' END AS action
    FROM judged`;
}

/**
 * A field is sent when we have a value, the audience holds another, and it is not that Mailchimp keeps our
 * value in a form of its own: what we last sent is what we have, and what came back then is still there.
 * A blank never erases.
 */
function fieldChanged(dialect: Dialect, tag: string): Sql {
  const value = dialect.jsonText(sql`fields`, tag);
  const held = sql`coalesce(${dialect.jsonText(sql`held`, tag)}, '')`;
  const settled = sql`(${dialect.jsonText(sql`sent`, tag)} IS NOT DISTINCT FROM ${value}
    AND coalesce(${dialect.jsonText(sql`came_back`, tag)}, '') = ${held})`;
  return sql`coalesce(${value} <> '' AND ${value} <> ${held} AND (seen_status IS NULL OR NOT ${settled}), FALSE)`;
}

function holdsTag(tag: PlannedTag): Sql {
  // A tag that is not there any more is on nobody, whatever was read when it was.
  if (tag.tagId === undefined) return sql`FALSE`;
  return sql`list_contains(held_tags, ${tag.heldAs.toLowerCase()})`;
}

function planRows(dialect: Dialect, input: PlanInput): Sql {
  const leavers = input.limit === undefined ? sql`UNION ALL ${leavingPeople(dialect, input)}` : nothing;
  const beyond =
    input.limit === undefined
      ? sql`FALSE`
      : sql`(action IN ('add', 'update')
          AND row_number() OVER (PARTITION BY action IN ('add', 'update') ORDER BY address) > ${input.limit})`;
  return sql`
    WITH everyone AS (
      SELECT action, coalesce(rejected, kept_out, CASE WHEN refused THEN refused_reason END) AS reason, coalesce(address, '') AS address, email, customer_id,
        seen_status, CASE WHEN action = 'add' THEN ${input.config.newContacts} ELSE seen_status END AS status,
        new_fields AS fields, before, field_count, add_segments, remove_segments, FALSE AS archive
      FROM export.compared WHERE action <> 'unchanged'
      ${leavers}
    ), limited AS (SELECT *, ${beyond} AS beyond FROM everyone)
    SELECT ${input.run}, row_number() OVER (
        ORDER BY CASE WHEN beyond THEN 9 WHEN action = 'add' OR (action = 'update' AND field_count > 0) THEN 1
          WHEN action = 'update' THEN 2 WHEN action = 'leave' THEN 3 WHEN action = 'keptOut' THEN 4 ELSE 5 END,
          address, customer_id),
      CASE WHEN beyond THEN 'keptOut' ELSE action END, CASE WHEN beyond THEN 'beyond_limit' ELSE reason END,
      address, email, customer_id, seen_status, status, fields, before, field_count, add_segments, remove_segments, archive
    FROM limited ORDER BY 2`;
}

/** People we exported who are in no chosen segment now, and what the export does with them. */
function leavingPeople(dialect: Dialect, input: PlanInput): Sql {
  const held = dialect.textsWhere(
    input.config.leavers === 'keep'
      ? []
      : input.tags.map((tag) => ({
          when: sql`list_contains(given, ${tag.segment}) AND ${holdsTag(tag)}`,
          text: tag.segment,
        })),
  );
  // Only contacts that came into being through us are ever archived (promise 2), and never people who have
  // unsubscribed: archived, they would look like people we may bring back. Nor whom another export wants.
  const archive =
    input.config.leavers === 'archive'
      ? sql`coalesce(created AND seen_status IN ('subscribed', 'transactional') AND address NOT IN (
          SELECT address FROM ${ref(exported)}
          WHERE audience = ${input.audience} AND export <> ${input.export} AND left_at IS NULL), FALSE)`
      : sql`FALSE`;
  return sql`
    SELECT 'leave', NULL, address, email, customer_id, seen_status, seen_status, '{}', '{}', 0,
      []::VARCHAR[], ${held}, ${archive}
    FROM (
      SELECT ledger.address, ledger.address AS email, ledger.customer_id, ledger.segments AS given, ledger.created,
        ledger.left_at,
        member.status AS seen_status, coalesce(member.tags, []::VARCHAR[]) AS held_tags
      FROM ${ref(exported)} AS ledger
      LEFT JOIN ${ref(audienceMember)} AS member
        ON member.audience = ${input.audience} AND member.address = ledger.address
      WHERE ledger.export = ${input.export} AND ledger.audience = ${input.audience}
        AND ledger.address NOT IN (SELECT address FROM export.desired WHERE rejected IS NULL)
    )
    -- Whom an earlier "keep" let go with our tags on them still has them.
    WHERE left_at IS NULL OR len(${held}) > 0`;
}

/** The counts of a stored plan. */
export async function planTotals(engine: Engine, run: RunId): Promise<PlanResult> {
  const counts = await engine.rows<{ action: string; reason: string | null; people: number }>(
    sql`SELECT action, reason, people FROM ${ref(planCount)} WHERE run = ${run}`,
  );
  const total = (action: string) =>
    counts.filter((row) => row.action === action).reduce((sum, row) => sum + row.people, 0);
  const byReason = (action: string) =>
    Object.fromEntries(
      counts
        .filter((row) => row.action === action)
        .map((row): [string, number] => [row.reason ?? 'unknown', row.people])
        .toSorted(([a], [b]) => (a < b ? -1 : 1)),
    );
  const [changes] = await engine.rows<ChangeCounts>(sql`
    SELECT coalesce(sum(field_count), 0) AS fields, coalesce(sum(len(add_segments)), 0) AS tag,
      coalesce(sum(len(remove_segments)), 0) AS untag,
      count(*) FILTER (WHERE archive) AS archive
    FROM ${ref(planPerson)} WHERE run = ${run} AND action IN ('add', 'update', 'leave')`);
  return {
    people: {
      desired: total('desired'),
      add: total('add'),
      update: total('update'),
      unchanged: total('unchanged'),
      keptOut: byReason('keptOut'),
      rejected: byReason('rejected'),
      failed: {},
      leave: total('leave'),
    },
    changes: changes ?? { fields: 0, tag: 0, untag: 0, archive: 0 },
  };
}

/** The segments whose people an export knows, for which a tag must exist or be made. */
export async function segmentsInLedger(engine: Engine, exportId: ExportId): Promise<SegmentId[]> {
  const rows = await engine.rows<{ segment: SegmentId }>(
    sql`SELECT DISTINCT unnest(segments) AS segment FROM ${ref(exported)} WHERE export = ${exportId} ORDER BY 1`,
  );
  return rows.map((row) => row.segment);
}
