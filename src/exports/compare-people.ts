import type { Dialect } from '../engine/dialect.ts';
import { join, name, nothing, sql, type Sql } from '../engine/sql.ts';
import { changedAddresses } from './changed-addresses.ts';
import { valueOf, wantedIn } from './desired-people.ts';
import { audienceMember, exported, ref, refusal } from './export-tables.ts';
import type { FieldMapping } from './field-mapping.ts';
import { addressesThatLeft, peopleWhoLeft } from './people-who-left.ts';
import type { PlannedTag } from './plan.ts';
import type { PlanInput } from './plan-input.ts';

/**
 * The desired people for whom there is something to do or to say, beside what the audience holds and what we know of having
 * sent, with the verdict. Whoever lacks nothing is found out first and left out, since that is nearly everybody: such a
 * person has no JSON made or read but for the values that the audience holds.
 */
export function comparedPeople(dialect: Dialect, input: PlanInput): Sql {
  const fresh = sql`(seen_status IS NULL OR back_from_archive)`;
  const fields = input.fields.map((field, index) => ({
    field,
    value: valueOf(index),
    held: name(`held ${index}`),
    changes: name(`changes ${index}`),
  }));
  const onlyChanged = (of: (each: (typeof fields)[number]) => Sql) =>
    dialect.jsonObject(
      fields.map((each) => ({
        key: each.field.tag,
        value: sql`CASE WHEN ${each.changes} THEN ${of(each)} END`,
      })),
    );
  const count = fields.map(({ changes }) => sql`CASE WHEN ${changes} THEN 1 ELSE 0 END`);
  const lacking = fields
    .filter(({ field }) => field.required)
    .map(
      ({ field, value, held }) =>
        sql`CASE WHEN coalesce(${value}, '') = '' AND ${held} = '' THEN ${`${field.tag} ${lackingWords}`} END`,
    );
  const add = input.tags.map((tag) => ({
    when: sql`(${wantedIn(input, tag.segment)} AND NOT ${holdsTag(tag)})`,
    text: tag.segment,
  }));
  const remove = input.tags.map((tag) => ({
    when: sql`(list_contains(given, ${tag.segment}) AND NOT ${wantedIn(input, tag.segment)} AND ${holdsTag(tag)})`,
    text: tag.segment,
  }));
  const kept = keptTags(dialect, input);
  const any = (conditions: readonly Sql[]) => sql`(${join([sql`FALSE`, ...conditions], ' OR ')})`;
  const nothingToDo = sql`(rejected IS NULL AND kept_out IS NULL AND bad_field IS NULL AND refused_kind IS NULL
    AND NOT ${fresh} AND NOT had_left AND from_address IS NULL AND len(problems) = 0
    AND NOT ${any([...fields.map(({ changes }) => changes), ...[...add, ...remove].map(({ when }) => when)])}
    AND len(given) = len(${kept}))`;
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
      SELECT desired.*, member.status AS seen_status,
        coalesce(member.tags, []::VARCHAR[]) AS held_tags, ledger.sent, ledger.came_back,
        coalesce(ledger.segments, []::VARCHAR[]) AS given, ledger.left_at IS NOT NULL AS had_left,
        coalesce(member.status = 'archived' AND archived_by_us.address IS NOT NULL, FALSE) AS back_from_archive,
        ${eachThen(fields.map(({ held }) => sql`coalesce(member.${held}, '') AS ${held}`))}
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
      LEFT JOIN (${heldValues(dialect, input, fields)}) AS member ON member.address = desired.contact
      LEFT JOIN (${toldValues(dialect, input)}) AS ledger ON ledger.address = desired.contact
      LEFT JOIN gone ON gone.address = desired.address
      LEFT JOIN archived_by_us ON archived_by_us.address = desired.address
      LEFT JOIN refused ON refused.address = desired.address
      LEFT JOIN left_person ON left_person.customer_id = desired.customer_id
    ), weighed AS (
      SELECT *, ${eachThen(fields.map((each) => sql`${fieldChanged(dialect, each, fresh)} AS ${each.changes}`))} TRUE AS weighed
      FROM beside
    ), written AS (
      SELECT *, ${onlyChanged(({ value }) => value)} AS new_fields, ${onlyChanged(({ held }) => held)} AS before,
        ${count.length === 0 ? sql`0` : join(count, ' + ')} AS field_count,
        ${dialect.textsWhere(add)} AS add_segments, ${dialect.textsWhere(remove)} AS remove_segments,
        CASE WHEN rejected IS NULL AND len(given) > len(${kept}) THEN ${kept} END AS kept_segments,
        coalesce(${join([sql`NULL::VARCHAR`, ...lacking])}) AS lacking
      FROM weighed WHERE NOT ${nothingToDo}
    ), judged AS (
      SELECT * REPLACE (coalesce(bad_field, CASE WHEN ${fresh} OR field_count > 0 THEN lacking END) AS bad_field),
        CASE WHEN refused_until IS NOT NULL THEN ${waits}
          ELSE coalesce(refused_fields = new_fields OR (refused_fields = '' AND seen_status IS NULL), FALSE) END AS refused
      FROM written
    )
    SELECT customer_id, address, email, seen_status, from_address, rejected, kept_out, bad_field, problems, refused, refused_reason,
      new_fields, before, field_count, add_segments, remove_segments, kept_segments,
      CASE
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

/** The members of the audience with what they hold in the fields of the plan, as `held N`; their texts are read once. */
function heldValues(dialect: Dialect, input: PlanInput, fields: readonly { held: Sql }[]): Sql {
  const values = fields.map(({ held }, index) => sql`list_extract("values", ${index + 1}) AS ${held}`);
  return sql`SELECT address, status, ${eachThen(values)} tags FROM (
    SELECT address, status, tags, ${dialect.jsonTexts(
      sql`fields`,
      input.fields.map(({ tag }) => tag),
    )} AS "values"
    FROM ${ref(audienceMember)} WHERE audience = ${input.audience})`;
}

/**
 * The ledger of the export. What was sent and what came back is needed of those alone for whom one is not the other, since
 * what the audience holds differs from the person's values wherever it is asked for; to take back what we wrote, of all.
 */
function toldValues(dialect: Dialect, input: PlanInput): Sql {
  const compared = input.fields.filter(({ write }) => write !== 'onlyNew').map(({ tag }) => tag);
  const differs = compared.map((_, index) => {
    const of = (list: Sql) => sql`coalesce(list_extract(${list}, ${index + 1}), '')`;
    return sql`${of(sql`sent_values`)} <> ${of(sql`back_values`)}`;
  });
  const needed = input.fields.some(({ blank }) => blank === 'erase')
    ? sql`TRUE`
    : sql`(${join([sql`FALSE`, ...differs], ' OR ')})`;
  return sql`SELECT address, segments, left_at, CASE WHEN ${needed} THEN sent END AS sent,
      CASE WHEN ${needed} THEN came_back END AS came_back
    FROM (
      SELECT *, ${dialect.jsonTexts(sql`sent`, compared)} AS sent_values, ${dialect.jsonTexts(sql`came_back`, compared)} AS back_values
      FROM ${ref(exported)} WHERE export = ${input.export} AND audience = ${input.audience})`;
}

const eachThen = (columns: readonly Sql[]): Sql => (columns.length === 0 ? nothing : sql`${join(columns)},`);

/** What is wrong with somebody who has nothing for a field that the audience requires. */
export const lackingWords = 'is blank, and the audience requires it';

/**
 * A field is sent when we have a value, the audience holds another, and it is not that Mailchimp keeps our
 * value in a form of its own: what we last sent is what we have, and what came back then is still there.
 * A blank never erases, unless the field says so: then it erases what we wrote, as long as it stands unchanged.
 */
function fieldChanged(
  dialect: Dialect,
  { field: { tag, write, blank }, value, held }: { field: FieldMapping; value: Sql; held: Sql },
  fresh: Sql,
): Sql {
  if (write === 'onlyNew') return sql`coalesce(${value} <> '' AND ${fresh}, FALSE)`;
  const sent = dialect.jsonText(sql`sent`, tag);
  const cameBack = dialect.jsonText(sql`came_back`, tag);
  const settled = sql`(${sent} IS NOT DISTINCT FROM ${value} AND coalesce(${cameBack}, '') = ${held})`;
  const differs = write === 'ifEmpty' ? sql`${held} = ''` : sql`${value} <> ${held}`;
  // CASE and not AND, which would read JSON of everybody.
  const ours = sql`WHEN ${value} = '' AND ${held} <> '' THEN coalesce(${sent} <> '' AND ${cameBack} = ${held}, FALSE)`;
  return sql`CASE WHEN ${value} <> '' AND ${differs} THEN seen_status IS NULL OR NOT ${settled}
    ${blank === 'erase' ? ours : nothing} ELSE FALSE END`;
}

/** What is ours of a desired person's tags still: those that are to be, and those that are there. */
function keptTags(dialect: Dialect, input: PlanInput): Sql {
  return dialect.textsWhere(
    input.tags.map((tag) => ({
      when: sql`list_contains(given, ${tag.segment}) AND (${wantedIn(input, tag.segment)} OR ${holdsTag(tag)})`,
      text: tag.segment,
    })),
  );
}

/** Whether the audience's member has this tag, by what was read of it. */
export function holdsTag(tag: PlannedTag, tags: Sql = sql`held_tags`): Sql {
  // A tag that is not there any more is on nobody, whatever was read when it was.
  if (tag.tagId === undefined) return sql`FALSE`;
  return sql`list_contains(${tags}, ${tag.heldAs.toLowerCase()})`;
}
