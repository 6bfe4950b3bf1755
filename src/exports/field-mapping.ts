import { inputError } from '../base/errors.ts';
import type { Column } from '../engine/engine.ts';
import type { AddressPart, MergeFieldType } from './field-choice.ts';

/** What may go to a contact: its merge fields, and properties beside them that Mailchimp has keys of its own for. */
export type FieldType = MergeFieldType | 'language' | 'instant' | 'ip';

interface FieldRules {
  /** The merge field's tag, or Mailchimp's own lower-case key of a property: the two cannot be mistaken. */
  tag: string;
  /** `onlyNew`: sent with people who are new, never compared. Absent: overwrite. */
  write?: 'overwrite' | 'ifEmpty' | 'onlyNew';
  /** Absent: keep. */
  blank?: 'keep' | 'erase';
  /** Absent: reject. */
  invalid?: 'reject' | 'skip';
  /** The audience takes nobody without it. */
  required?: boolean;
}

/** One profile attribute on its way into one field. */
export interface ValueMapping extends FieldRules {
  type: Exclude<FieldType, 'address'>;
  attribute: Column;
  /** Of radio and dropdown fields. */
  choices?: readonly string[];
  /** Telephone numbers are of the US form. */
  usPhone?: boolean;
  /** `25/12/2026` is a day in December, not a mistake. */
  dayFirst?: boolean;
}

/** Several attributes on their way into one address. */
export interface AddressMapping extends FieldRules {
  type: 'address';
  parts: Partial<Record<AddressPart, Column>>;
}

export type FieldMapping = ValueMapping | AddressMapping;

/** Whether a value that the field does not take keeps its person out. */
export function rejects(field: FieldMapping): boolean {
  return field.type !== 'text' && field.invalid !== 'skip';
}

/** Refuses a mapping that cannot be right for any person; `where` is its place in the workspace file. */
export function checkFieldMapping(field: FieldMapping, where: string): void {
  if (field.type === 'address') return;
  const { type } = field.attribute;
  const isDay = type === 'date' || type === 'time';
  const fits: Partial<Record<FieldType, boolean>> = {
    number: type === 'number' || type === 'integer' || type === 'text',
    date: isDay || type === 'text',
    birthday: isDay || type === 'text',
    instant: isDay || type === 'text',
    language: type === 'text',
    ip: type === 'text',
  };
  if (fits[field.type] !== false) return;
  throw inputError(
    'merge_field_type',
    `${where}: the ${type} attribute "${field.attribute.name}" cannot go into ${field.tag}, a ${field.type} field.`,
    `Choose an attribute of a fitting type, or declare the column's type in its source.`,
  );
}
