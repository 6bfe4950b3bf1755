import { z } from 'zod';
import type { ExportConfig } from './export-config.ts';

/** The parts of an address field that Mailchimp knows; all but `addr2` and `country` are required (FACTS §7). */
export const addressParts = ['addr1', 'addr2', 'city', 'country', 'state', 'zip'] as const;
export type AddressPart = (typeof addressParts)[number];
export const requiredParts: readonly AddressPart[] = ['addr1', 'city', 'state', 'zip'];

export const mergeFieldTypes = [
  'text',
  'number',
  'phone',
  'date',
  'url',
  'imageurl',
  'radio',
  'dropdown',
  'birthday',
  'zip',
  'address',
] as const;
export type MergeFieldType = (typeof mergeFieldTypes)[number];

const attribute = z.string().min(1);

const addressSource = z
  .strictObject({
    addr1: attribute.describe('Street and number.'),
    addr2: attribute.optional().describe('A second line.'),
    city: attribute.describe('Town.'),
    state: attribute.describe('State, province or county.'),
    zip: attribute.describe('Postal code.'),
    country: attribute.optional().describe('Two letters; absent: the audience’s own.'),
  })
  .describe('The attributes that make up an address.');

const create = z.union([
  z.enum(mergeFieldTypes),
  z
    .strictObject({
      type: z.enum(mergeFieldTypes).describe('The type of the field.'),
      name: z
        .string()
        .min(1)
        .max(50)
        .optional()
        .describe('What people see in Mailchimp; the tag when absent.'),
      choices: z.array(z.string().min(1)).min(1).optional().describe('Of radio and dropdown fields.'),
    })
    .refine(
      ({ type, choices }) => (type === 'radio' || type === 'dropdown') === (choices !== undefined),
      'radio and dropdown fields have choices, and no others',
    ),
]);

const write = z
  .enum(['overwrite', 'ifEmpty'])
  .default('overwrite')
  .describe('"ifEmpty" writes only where the audience holds nothing, and so never a second time.');

const invalid = z
  .enum(['reject', 'skip'])
  .default('reject')
  .describe('What a value does that the field cannot take: keep its person out of the run, or only itself.');

/** One entry under `attributes`: an attribute, or an attribute with choices. */
export const fieldChoice = z.union([
  attribute.describe('The attribute.'),
  z
    .strictObject({
      from: z.union([attribute, addressSource]).describe('The attribute, or those of an address.'),
      write,
      blank: z
        .enum(['keep', 'erase'])
        .default('keep')
        .describe('"erase" takes back what this export wrote, once the profile has nothing.'),
      invalid,
      create: create.optional().describe('Makes the merge field, of this type, where the audience has none.'),
    })
    .refine((field) => field.write !== 'ifEmpty' || field.blank !== 'erase', {
      error: 'a field that is written only if empty is never erased',
      path: ['blank'],
    })
    .refine((field) => typeof field.create !== 'string' || !/^(radio|dropdown)$/.test(field.create), {
      error: 'needs its choices, as in create: { type: dropdown, choices: [gold, silver] }',
      path: ['create'],
    }),
]);

/** `language` of an export. */
export const languageChoice = z.union([
  attribute.describe('The attribute.'),
  z.strictObject({ from: attribute.describe('The attribute.'), write, invalid }),
]);

/** What an export wants of one field, whichever way it was written. */
export interface FieldChoice {
  tag: string;
  /** An attribute's name, or one for each part of an address. */
  from: string | Partial<Record<AddressPart, string>>;
  write: 'overwrite' | 'ifEmpty';
  blank: 'keep' | 'erase';
  invalid: 'reject' | 'skip';
  create?: { type: MergeFieldType; name: string; choices?: readonly string[] };
  /** Where it stands in the export, for messages. */
  path: readonly string[];
}

/** The merge fields of an export, and its language under the key that Mailchimp has for it, in their order. */
export function fieldChoices(config: Pick<ExportConfig, 'attributes' | 'language'>): FieldChoice[] {
  const plain = { write: 'overwrite', blank: 'keep', invalid: 'reject' } as const;
  const fields = Object.entries(config.attributes).map(([tag, entry]): FieldChoice => {
    const path = ['attributes', tag];
    if (typeof entry === 'string') return { tag, from: entry, ...plain, path };
    const { create: made, from, ...rest } = entry;
    const base = { ...rest, tag, from: from as FieldChoice['from'], path };
    if (made === undefined) return base;
    const { type, name, choices } =
      typeof made === 'string' ? { type: made, name: undefined, choices: undefined } : made;
    return { ...base, create: { type, name: name ?? tag, ...(choices === undefined ? {} : { choices }) } };
  });
  const { language } = config;
  if (language === undefined) return fields;
  const choice = typeof language === 'string' ? { from: language } : language;
  return [...fields, { ...plain, ...choice, tag: 'language', path: ['language'] }];
}

/** Every attribute that a choice reads, with its place. */
export function attributesOf({ from, path }: FieldChoice): { attribute: string; path: readonly string[] }[] {
  if (typeof from === 'string') return [{ attribute: from, path }];
  return Object.entries(from).map(([part, name]) => ({ attribute: name, path: [...path, 'from', part] }));
}
