import { inputError, PostriderError } from '../base/errors.ts';
import type { ExportId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { AudienceDescription, AudienceField } from '../delivery/destination.ts';
import type { Column } from '../engine/engine.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import {
  fieldChoices,
  mergeFieldTypes,
  type AddressPart,
  type FieldChoice,
  type MergeFieldType,
} from '../exports/field-choice.ts';
import { checkFieldMapping, type FieldMapping } from '../exports/field-mapping.ts';
import type { NewField } from '../exports/plan.ts';

export interface MappedFields {
  /** The attribute with the address. */
  email: Column;
  /** Merge fields, language, and the proof of consent, in this order. */
  fields: FieldMapping[];
  /** Those of them that the audience does not have yet. */
  newFields: NewField[];
  /** The attribute that says whether somebody new may be sent. */
  consent?: Column;
}

/** No audience has more, and most have 30 (FACTS §7). */
const mostFields = 80;

/**
 * An export's choices held against the audience's fields and the profiles' attributes.
 * @throws `attribute_unknown`, `merge_field_unknown`, `merge_field_type`, `merge_field_other_type`,
 *   `merge_field_limit`, `required_field_unmapped`, each naming its place in the workspace file
 */
export function mapFields(
  audience: AudienceDescription,
  attributes: readonly Column[],
  id: ExportId,
  config: ExportConfig,
): MappedFields {
  const column = (attribute: string, ...path: readonly string[]) =>
    columnOf(attributes, attribute, ['exports', id, ...path].join('.'));
  const newFields: NewField[] = [];
  const fields = fieldChoices(config).map((choice): FieldMapping => {
    const where = ['exports', id, ...choice.path].join('.');
    const made = newFieldOf(audience, choice);
    if (made !== undefined) newFields.push(made);
    const mapping = {
      ...mappingOf(audience, choice, made, column, where),
      ...(config.requiredFields === 'skip' ? { required: false } : {}),
    };
    checkFieldMapping(mapping, where);
    return mapping;
  });
  refuseTooMany(audience, newFields);
  refuseUnfilled(audience, fields, id, config);
  const { consent } = config;
  const proof = [
    { tag: 'timestamp_opt', type: 'instant', attribute: consent?.time, path: ['consent', 'time'] },
    { tag: 'ip_opt', type: 'ip', attribute: consent?.address, path: ['consent', 'address'] },
  ] as const;
  for (const { tag, type, attribute, path } of proof) {
    if (attribute === undefined) continue;
    // A proof that cannot be read is none; the consent itself is another attribute's matter.
    const rules = { tag, write: 'onlyNew', invalid: 'skip' } as const;
    const mapping = { ...rules, type, attribute: column(attribute, ...path) };
    checkFieldMapping(mapping, ['exports', id, ...path].join('.'));
    fields.push(mapping);
  }
  return {
    email: column(config.match.email, 'match', 'email'),
    fields,
    newFields,
    ...(consent === undefined
      ? {}
      : { consent: consentColumn(column(consent.field, 'consent', 'field'), id) }),
  };
}

/** Merge field → type, as an upsert must know them. */
export function fieldTypes(fields: readonly FieldMapping[]): Record<string, string> {
  return Object.fromEntries(fields.map(({ tag, type }) => [tag, type]));
}

function mappingOf(
  audience: AudienceDescription,
  choice: FieldChoice,
  made: NewField | undefined,
  column: (attribute: string, ...path: readonly string[]) => Column,
  where: string,
): FieldMapping {
  const { tag, from, write, blank, invalid, path } = choice;
  const rules = { tag, write, blank, invalid };
  if (tag === 'language' && typeof from === 'string') {
    return { ...rules, type: 'language', attribute: column(from, ...path) };
  }
  const { type, required, options } = made === undefined ? fieldOf(audience, choice, where) : asField(made);
  if ((type === 'address') !== (typeof from === 'object')) throw addressMismatch(tag, type, where);
  if (type === 'address' || typeof from === 'object') {
    const parts = Object.entries(from).map(([part, name]): [string, Column] => [
      part,
      column(name, ...path, 'from', part),
    ]);
    return {
      ...rules,
      required,
      type: 'address',
      parts: Object.fromEntries(parts) as Record<AddressPart, Column>,
    };
  }
  return {
    ...rules,
    required,
    type: knownType(type, tag, where),
    attribute: column(from, ...path),
    ...(type === 'radio' || type === 'dropdown' ? { choices: options.choices ?? [] } : {}),
    ...(type === 'phone' ? { usPhone: options.phoneFormat === 'US' } : {}),
    ...(type === 'date' ? { dayFirst: options.dateFormat?.startsWith('DD') === true } : {}),
  };
}

function knownType(type: string, tag: string, where: string): Exclude<MergeFieldType, 'address'> {
  const known = mergeFieldTypes.find((each) => each === type);
  if (known !== undefined && known !== 'address') return known;
  throw inputError(
    'merge_field_type',
    `${where}: nothing can be written into ${tag}, a field of type "${type}".`,
  );
}

/** The field as it will be once it is made: the plan and the run that finds it made stand on the same ground. */
function asField({ tag, name, type, choices }: NewField): AudienceField {
  return { tag, name, type, required: false, options: choices === undefined ? {} : { choices } };
}

function newFieldOf(audience: AudienceDescription, { tag, create }: FieldChoice): NewField | undefined {
  if (create === undefined || audience.fields.some((field) => field.tag === tag)) return undefined;
  return { tag, ...create };
}

function fieldOf(audience: AudienceDescription, { tag, create }: FieldChoice, where: string): AudienceField {
  const field = audience.fields.find((each) => each.tag === tag);
  if (field === undefined) {
    // Mailchimp ignores unknown merge fields without a word (FACTS §7), so they are refused here.
    const known = audience.fields.map((each) => each.tag);
    throw new PostriderError({
      kind: 'configuration',
      code: 'merge_field_unknown',
      message: `${where}: the audience "${audience.name}" has no merge field ${tag}.`,
      hint: `${suggestName(tag, known)} Or let it be made: create: text`,
    });
  }
  if (create === undefined || create.type === field.type) return field;
  throw new PostriderError({
    kind: 'configuration',
    code: 'merge_field_other_type',
    message: `${where}: the audience has a merge field ${tag} already, of type ${field.type}, not ${create.type}.`,
    hint: 'Map to another tag: the type of a field cannot be changed in Mailchimp.',
  });
}

function addressMismatch(tag: string, type: string, where: string): PostriderError {
  const message =
    type === 'address'
      ? `${where}: ${tag} is an address field, which needs several attributes.`
      : `${where}: ${tag} is a ${type} field, and takes one attribute.`;
  const hint =
    type === 'address'
      ? 'Write from: { addr1: …, city: …, state: …, zip: … }'
      : 'Write one attribute: from: city';
  return inputError('merge_field_type', message, hint);
}

function consentColumn(column: Column, id: ExportId): Column {
  if (column.type !== 'date' && column.type !== 'time' && column.type !== 'texts') return column;
  throw inputError(
    'consent_type',
    `exports.${id}.consent.field: the ${column.type} attribute "${column.name}" says neither yes nor no.`,
    'Name an attribute that is true or false; the time of the consent goes into consent.time.',
  );
}

function columnOf(attributes: readonly Column[], attribute: string, where: string): Column {
  const column = attributes.find((each) => each.name === attribute);
  if (column !== undefined) return column;
  const names = attributes.map((each) => each.name);
  throw inputError(
    'attribute_unknown',
    `${where}: profiles have no attribute "${attribute}".`,
    suggestName(attribute, names),
  );
}

function refuseTooMany(audience: AudienceDescription, newFields: readonly NewField[]): void {
  if (newFields.length === 0 || audience.fields.length + newFields.length <= mostFields) return;
  throw new PostriderError({
    kind: 'configuration',
    code: 'merge_field_limit',
    message: `The audience "${audience.name}" has ${audience.fields.length} merge fields, and cannot take ${newFields.length} more.`,
    hint: 'Remove fields that nobody uses, in Mailchimp, or map to those that are there.',
  });
}

function refuseUnfilled(
  audience: AudienceDescription,
  fields: readonly FieldMapping[],
  id: ExportId,
  config: ExportConfig,
): void {
  if (config.requiredFields === 'skip') return;
  const unfilled = audience.fields
    .filter((field) => field.required && !fields.some(({ tag }) => tag === field.tag))
    .map((field) => field.tag);
  if (unfilled.length === 0) return;
  throw new PostriderError({
    kind: 'configuration',
    code: 'required_field_unmapped',
    message: `exports.${id}.attributes: the audience "${audience.name}" requires ${unfilled.join(', ')}, which the export does not fill.`,
    hint: 'Map an attribute to it, or write requiredFields: skip to send people without it.',
  });
}
