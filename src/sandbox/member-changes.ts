import { inputError } from '../base/errors.ts';
import type { Audience } from './audience.ts';
import type { FieldLanguage } from './field-messages.ts';
import { fieldMessage } from './field-messages.ts';
import type { MemberInput } from './member-input.ts';
import { noRareFacts, rareFact } from './member.ts';
import type { Member, RareFacts } from './member.ts';
import { checkFieldValue } from './merge-field-values.ts';
import type { FieldValue } from './merge-field-values.ts';
import type { FieldError } from './problem.ts';

export type CheckedValues =
  { kind: 'values'; values: FieldValue[] } | { kind: 'mergeFields' | 'schema'; errors: FieldError[] };

export interface ValueRules {
  language: FieldLanguage;
  /** Also accept a member without values for required fields. */
  skipRequired: boolean;
  unknown: 'ignored' | 'refused';
}

/** The member's values after the sent ones, or what is wrong with them (FACTS §7, §9.7). */
export function checkValues(
  audience: Audience,
  before: readonly FieldValue[],
  sent: Record<string, unknown> | undefined,
  rules: ValueRules,
): CheckedValues {
  const values = [...before];
  const invalid: FieldError[] = [];
  const schema: FieldError[] = [];
  for (const [tag, raw] of Object.entries(sent ?? {})) {
    const field = audience.fields.byTag(tag);
    if (field === undefined) {
      if (rules.unknown === 'refused') invalid.push({ field: tag, message: 'This field does not exist' });
      continue;
    }
    const check = checkFieldValue(field, raw, rules.language);
    if (check.kind === 'value') setValue(values, field.position, check.value);
    else if (check.kind === 'invalid') invalid.push({ field: field.tag, message: check.message });
    else schema.push({ field: `merge_fields.${field.tag}`, message: check.message });
  }
  if (schema.length > 0) return { kind: 'schema', errors: schema };
  if (!rules.skipRequired) {
    for (const field of audience.fields.all()) {
      if (!field.required || (values[field.position] ?? '') !== '') continue;
      if (invalid.some((error) => error.field === field.tag)) continue;
      invalid.push({ field: field.tag, message: fieldMessage('required', rules.language) });
    }
  }
  return invalid.length > 0
    ? { kind: 'mergeFields', errors: invalid }
    : { kind: 'values', values: exact(values) };
}

/**
 * The values after those that a person or a set-up gives; required fields may stay empty.
 * @throws `sandbox_value` where one does not fit, or its field does not exist
 */
export function fittingValues(
  audience: Audience,
  before: readonly FieldValue[],
  given: Record<string, unknown> | undefined,
): FieldValue[] {
  const checked = checkValues(audience, before, given, {
    language: 'en',
    skipRequired: true,
    unknown: 'refused',
  });
  if (checked.kind === 'values') return checked.values;
  const places = checked.errors.map((error) => `${error.field}: ${error.message}`);
  throw inputError('sandbox_value', `The values do not fit their merge fields (${places.join('; ')}).`);
}

/** A copy without the room to grow that pushing leaves behind: 130 bytes a member. */
function exact(values: FieldValue[]): FieldValue[] {
  return values.slice();
}

/** Keeps the array without holes, which would make it slow and large. */
function setValue(values: FieldValue[], position: number, value: FieldValue): void {
  while (values.length <= position) values.push('');
  values[position] = value;
}

function sameValues(left: readonly FieldValue[], right: readonly FieldValue[]): boolean {
  const length = Math.max(left.length, right.length);
  for (let position = 0; position < length; position++) {
    const one = left[position] ?? '';
    const other = right[position] ?? '';
    if (one !== other && JSON.stringify(one) !== JSON.stringify(other)) return false;
  }
  return true;
}

/** The rare facts after a write; the same object when nothing changed. */
export function changedRareFacts(audience: Audience, before: RareFacts, input: MemberInput): RareFacts {
  const changes: { -readonly [K in keyof RareFacts]: RareFacts[K] } = {};
  if (input.emailType !== undefined && audience.emailTypeOption) changes.emailType = input.emailType;
  if (input.ipSignup !== undefined) changes.ipSignup = input.ipSignup;
  if (input.ipOpt !== undefined) changes.ipOpt = input.ipOpt;
  if (input.vip !== undefined) changes.vip = input.vip;
  if (input.location !== undefined) changes.location = input.location;
  if (input.interests !== undefined) {
    const known = new Set(audience.interests.allIds());
    changes.interests = switched(rareFact(before, 'interests'), Object.entries(input.interests), known);
  }
  if (input.permissions !== undefined) {
    const entries = input.permissions.map(({ id, enabled }) => [id, enabled] as const);
    changes.permissions = switched(
      rareFact(before, 'permissions'),
      entries,
      new Set(audience.permissions.map(({ id }) => id)),
    );
  }
  // What is shown decides: `vip: false` for somebody of whom nothing is known changes nothing.
  const changed = (Object.keys(changes) as (keyof RareFacts)[]).some(
    (name) => !sameFact(rareFact(before, name), changes[name]),
  );
  return changed ? { ...(before === noRareFacts ? {} : before), ...changes } : before;
}

function switched(
  before: ReadonlySet<string>,
  entries: Iterable<readonly [string, boolean]>,
  known: ReadonlySet<string>,
): ReadonlySet<string> {
  const after = new Set(before);
  for (const [id, on] of entries) {
    if (on && known.has(id)) after.add(id);
    else after.delete(id);
  }
  return after;
}

function sameFact(left: unknown, right: unknown): boolean {
  if (right instanceof Set) return left instanceof Set && left.symmetricDifference(right).size === 0;
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}

/** Whether a write would leave everything but status and tags as it is. */
export function sameFacts(
  member: Member,
  values: FieldValue[],
  rare: RareFacts,
  input: MemberInput,
): boolean {
  return (
    sameValues(member.values, values) &&
    member.rare === rare &&
    (input.language === undefined || input.language === member.language) &&
    (input.signedUpAt === undefined || input.signedUpAt === member.signedUpAt) &&
    (input.optedInAt === undefined || input.optedInAt === member.optedInAt)
  );
}
