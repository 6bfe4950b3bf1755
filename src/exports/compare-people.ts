import type { Dialect } from '../engine/dialect.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { changedAddresses } from './changed-addresses.ts';
import { audienceMember, exported, ref, refusal } from './export-tables.ts';
import type { FieldMapping } from './field-mapping.ts';
import { addressesThatLeft, peopleWhoLeft } from './people-who-left.ts';
import type { PlannedTag } from './plan.ts';
import type { PlanInput } from './plan-input.ts';

/** Every desired person beside what the audience holds and what we know of having sent, with the verdict. */
export function comparedPeople(dialect: Dialect, input: PlanInput): Sql {
  const fresh = sql`(seen_status IS NULL OR back_from_archive)`;
  const onlyChanged = (of: (tag: string) => Sql) =>
    dialect.jsonObject(
      input.fields.map((field) => ({
        key: field.tag,
        value: sql`CASE WHEN ${fieldChanged(dialect, field, fresh)} THEN ${of(field.tag)} END`,
      })),
    );
  const count = input.fields.map(
    (field) => sql`CASE WHEN ${fieldChanged(dialect, field, fresh)} THEN 1 ELSE 0 END`,
  );
  const lacking = input.fields
    .filter((field) => field.required)
    .map(({ tag }) => {
      const blank = (json: string) => sql`coalesce(${dialect.jsonText(name(json), tag)}, '') = ''`;
      return sql`CASE WHEN ${blank('fields')} AND ${blank('held')} THEN ${`${tag} ${lackingWords}`} END`;
    });
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
  const waits = input.now === undefined ? sql`TRUE` : sql`refused_until > ${input.now}::TIMESTAMP`;
  return sql`
    WITH gone AS (
      ${addressesThatLeft(input.audience)}
    ), left_person AS (
      ${peopleWhoLeft(input.audience)}
    ), archived_by_us AS (
      SELECT DISTINCT address FROM ${ref(exported)} WHERE audience = ${input.audience} AND archived
    ), refused AS (
      SELECT address, arg_max(kind, "at") AS kind, arg_max(reason, "at") AS reason, arg_max(coalesce(fields, ''), "at") AS fields,
        max(retry_at) AS retry_at
      FROM ${ref(refusal)} WHERE audience = ${input.audience} GROUP BY address
    ), changed AS (${changedAddresses(dialect, input)}
    ), placed AS (
      -- Until it moves, a contact is what the audience holds under its old address.
      SELECT desired.*, changed.from_address, coalesce(changed.from_address, desired.address) AS contact
      FROM export.desired AS desired LEFT JOIN changed ON changed.customer_id = desired.customer_id
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
            AND coalesce(refused.fields, '') = '' AND refused.retry_at IS NULL AND refused.reason IS NOT NULL THEN refused.reason
          WHEN gone.address IS NOT NULL AND coalesce(member.status, 'archived') = 'archived' THEN 'unsubscribed'
          WHEN gone.address IS NULL AND left_person.customer_id IS NOT NULL THEN 'left_under_other_address'
          WHEN NOT desired.consented AND coalesce(member.status, 'archived') = 'archived' THEN 'no_consent'
        END AS kept_out,
        refused.kind AS refused_kind, refused.reason AS refused_reason, refused.fields AS refused_fields,
        refused.retry_at AS refused_until
      FROM placed AS desired
      LEFT JOIN ${ref(audienceMember)} AS member
        ON member.audience = ${input.audience} AND member.address = desired.contact
      LEFT JOIN ${ref(exported)} AS ledger
        ON ledger.export = ${input.export} AND ledger.address = desired.contact AND ledger.audience = ${input.audience}
      LEFT JOIN gone ON gone.address = desired.address
      LEFT JOIN archived_by_us ON archived_by_us.address = desired.address
      LEFT JOIN refused ON refused.address = desired.address
      LEFT JOIN left_person ON left_person.customer_id = desired.customer_id
    ), weighed AS (
      SELECT *,
        ${onlyChanged((tag) => dialect.jsonText(sql`fields`, tag))} AS new_fields,
        ${onlyChanged((tag) => sql`coalesce(${dialect.jsonText(sql`held`, tag)}, '')`)} AS before,
        ${count.length === 0 ? sql`0` : join(count, ' + ')} AS field_count,
        ${add} AS add_segments, ${remove} AS remove_segments,
        coalesce(${join([sql`NULL::VARCHAR`, ...lacking])}) AS lacking
      FROM beside
    ), judged AS (
      SELECT * REPLACE (coalesce(bad_field, CASE WHEN ${fresh} OR field_count > 0 THEN lacking END) AS bad_field),
        CASE WHEN refused_until IS NOT NULL THEN ${waits}
          ELSE coalesce(refused_fields = new_fields OR (refused_fields = '' AND seen_status IS NULL), FALSE) END AS refused
      FROM weighed
    )
    SELECT *, CASE
      WHEN rejected IS NOT NULL THEN 'rejected'
      WHEN kept_out IS NOT NULL THEN 'keptOut'
      WHEN bad_field IS NOT NULL THEN 'rejected'
      WHEN refused THEN refused_kind
      WHEN ${fresh} THEN 'add'
      WHEN field_count > 0 OR len(add_segments) > 0 OR len(remove_segments) > 0 OR from_address IS NOT NULL THEN 'update'
      WHEN had_left THEN 'same'
      ELSE 'unchanged' END AS action
    FROM judged`;
}

/** What is wrong with somebody who has nothing for a field that the audience requires. */
export const lackingWords = 'is blank, and the audience requires it';

/**
 * A field is sent when we have a value, the audience holds another, and it is not that Mailchimp keeps our
 * value in a form of its own: what we last sent is what we have, and what came back then is still there.
 * A blank never erases, unless the field says so: then it erases what we wrote, as long as it stands unchanged.
 */
function fieldChanged(dialect: Dialect, { tag, write, blank }: FieldMapping, fresh: Sql): Sql {
  const value = dialect.jsonText(sql`fields`, tag);
  const held = sql`coalesce(${dialect.jsonText(sql`held`, tag)}, '')`;
  const settled = sql`(${dialect.jsonText(sql`sent`, tag)} IS NOT DISTINCT FROM ${value}
    AND coalesce(${dialect.jsonText(sql`came_back`, tag)}, '') = ${held})`;
  if (write === 'onlyNew') return sql`coalesce(${value} <> '' AND ${fresh}, FALSE)`;
  const differs = write === 'ifEmpty' ? sql`${held} = ''` : sql`${value} <> ${held}`;
  const written = sql`(${value} <> '' AND ${differs} AND (seen_status IS NULL OR NOT ${settled}))`;
  if (blank !== 'erase') return sql`coalesce(${written}, FALSE)`;
  const ours = sql`(${dialect.jsonText(sql`sent`, tag)} <> '' AND ${dialect.jsonText(sql`came_back`, tag)} = ${held})`;
  return sql`coalesce(${written} OR (${value} = '' AND ${held} <> '' AND ${ours}), FALSE)`;
}

/** Whether the audience's member has this tag, by what was read of it. */
export function holdsTag(tag: PlannedTag): Sql {
  // A tag that is not there any more is on nobody, whatever was read when it was.
  if (tag.tagId === undefined) return sql`FALSE`;
  return sql`list_contains(held_tags, ${tag.heldAs.toLowerCase()})`;
}
