import { z } from 'zod';
import { idPattern } from '../base/ids.ts';

/** Columns of the profile table that are ours. */
const reservedNames = new Set(['customer_id', 'first_seen']);

const attributeName = z
  .string()
  .regex(
    /^[A-Za-z][A-Za-z0-9_]{0,62}$/,
    'An attribute begins with a letter and has letters, digits and "_" only, 63 at most.',
  )
  .refine(
    (name) => !reservedNames.has(name.toLowerCase()),
    'customer_id and first_seen are filled in by Postrider.',
  );

const comparison = z.union(
  [
    z.literal('exact').describe('Equal once outer blanks and upper case are taken away'),
    z
      .strictObject({
        similar: z.number().min(0).max(1).describe('How alike, from 0 to 1 for equal; not available yet'),
      })
      .describe('Not available yet'),
  ],
  { error: 'How a field is compared: write "exact".' },
);

const rule = z
  .strictObject({
    name: z.string().min(1).optional().describe('What people see; absent: made of the fields'),
    fields: z
      .record(attributeName, comparison)
      .refine((fields) => Object.keys(fields).length > 0, 'A rule needs at least one field.')
      .describe('Attributes that must all agree; a blank agrees with nothing'),
    unless: z.record(attributeName, z.literal('different')).optional().describe('Not available yet'),
  })
  .superRefine((value, context) => {
    const later = (path: string[], what: string) =>
      context.addIssue({
        code: 'custom',
        path,
        params: { code: 'not_yet' },
        message: `${what} come later; only "exact" works today.`,
      });
    for (const [attribute, how] of Object.entries(value.fields)) {
      if (how !== 'exact') later(['fields', attribute], 'Similar values');
    }
    if (value.unless !== undefined) later(['unless'], 'Exceptions');
  });

const unifiedSource = z.strictObject({
  source: z
    .string()
    .regex(idPattern, 'The id of a source, as under "sources".')
    .describe('The id of a source'),
  attributes: z
    .record(attributeName, z.string().min(1))
    .refine((attributes) => Object.keys(attributes).length > 0, 'Map at least one attribute.')
    .describe('Attribute of the profile: column of this source'),
  deduplicate: z
    .array(rule)
    .optional()
    .describe('Rules under which two records of this source are one person'),
});

const preference = z.union(
  [
    z.literal('importance').describe('The first value that is not blank, in the order of the sources'),
    z.strictObject({ mostRecent: attributeName.describe('The attribute that says when') }),
    z.strictObject({ leastRecent: attributeName.describe('The attribute that says when') }),
  ],
  { error: 'Write "importance", { mostRecent: ATTRIBUTE } or { leastRecent: ATTRIBUTE }.' },
);

/**
 * `unify` of the workspace file. What cannot be said for one value alone (attributes nobody maps, columns
 * that a source does not have) is checked by `planUnify`. An issue whose `params.code` is `not_yet` stands
 * for something the file format knows and this version does not do.
 */
export const unifyConfig = z.strictObject({
  sources: z.array(unifiedSource).min(1).describe('Sources of people, the most important first'),
  match: z.array(rule).optional().describe('Rules under which records of different sources are one person'),
  merge: z
    .strictObject({
      default: z
        .literal('importance')
        .optional()
        .describe(
          'For every attribute that is not named: the first value that is not blank, in the order of the sources',
        ),
      attributes: z
        .record(attributeName, preference)
        .optional()
        .describe('Attribute of the profile: which of its values is taken'),
    })
    .optional()
    .describe('Which value a profile takes where its records differ'),
  emails: z
    .array(attributeName)
    .optional()
    .describe('Attributes that hold e-mail addresses, besides those named email, e_mail and mail'),
});

export type UnifyConfig = z.infer<typeof unifyConfig>;
export type RuleConfig = z.infer<typeof rule>;
export type Preference = z.infer<typeof preference>;
