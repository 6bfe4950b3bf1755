import type { Dialect } from '../engine/dialect.ts';
import { nothing, sql, type Sql } from '../engine/sql.ts';
import { holdsTag } from './compare-people.ts';
import { audienceMember, exported, ref } from './export-tables.ts';
import { needsUpsert } from './person-end.ts';
import type { PlanInput } from './plan-input.ts';

/** The rows of the stored plan, in the order of delivery: people who need an upsert first. */
export function planRows(dialect: Dialect, input: PlanInput): Sql {
  const leavers = input.limit === undefined ? sql`UNION ALL ${leavingPeople(dialect, input)}` : nothing;
  const beyond =
    input.limit === undefined
      ? sql`FALSE`
      : sql`(action IN ('add', 'update')
          AND row_number() OVER (PARTITION BY action IN ('add', 'update') ORDER BY address) > ${input.limit})`;
  return sql`
    WITH everyone AS (
      SELECT action, coalesce(rejected, kept_out, CASE WHEN bad_field IS NOT NULL THEN 'bad_field' WHEN refused THEN refused_reason END) AS reason, coalesce(address, '') AS address, email, customer_id,
        seen_status, CASE WHEN action = 'add' THEN ${input.config.newContacts} ELSE seen_status END AS status,
        new_fields AS fields, before, field_count, add_segments, remove_segments, FALSE AS archive,
        coalesce(CASE WHEN action IN ('add', 'update') THEN nullif(list_aggregate(problems, 'string_agg', '; '), '') END,
          CASE WHEN action = 'rejected' AND rejected IS NULL AND kept_out IS NULL THEN bad_field END) AS detail,
        CASE WHEN action = 'update' THEN from_address END AS from_address
      FROM export.compared WHERE action <> 'unchanged'
      ${leavers}
    ), limited AS (SELECT *, ${beyond} AS beyond FROM everyone)
    SELECT ${input.run}, row_number() OVER (
        ORDER BY CASE WHEN beyond THEN 9 WHEN ${needsUpsert} THEN 1
          WHEN action = 'update' THEN 2 WHEN action = 'leave' THEN 3 WHEN action = 'keptOut' THEN 4 ELSE 5 END,
          address, customer_id),
      CASE WHEN beyond THEN 'keptOut' ELSE action END, CASE WHEN beyond THEN 'beyond_limit' ELSE reason END,
      address, email, customer_id, seen_status, status, fields, before, field_count, add_segments, remove_segments, archive, detail,
      CASE WHEN NOT beyond THEN from_address END
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
      []::VARCHAR[], ${held}, ${archive}, NULL, NULL
    FROM (
      SELECT ledger.address, ledger.address AS email, ledger.customer_id, ledger.segments AS given, ledger.created,
        ledger.left_at,
        member.status AS seen_status, coalesce(member.tags, []::VARCHAR[]) AS held_tags
      FROM export.unwanted AS ledger
      LEFT JOIN ${ref(audienceMember)} AS member
        ON member.audience = ${input.audience} AND member.address = ledger.address
      -- Whose contact is to move does not leave, even where something keeps it from moving now.
      WHERE ledger.address NOT IN (SELECT from_address FROM export.compared WHERE from_address IS NOT NULL)
    )
    -- Whom an earlier "keep" let go with our tags on them still has them.
    WHERE left_at IS NULL OR len(${held}) > 0`;
}
