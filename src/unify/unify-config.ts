import { z } from 'zod';
import { idPattern } from '../base/ids.ts';
import { attributeName } from './attribute-name.ts';
import { mergeConfig, winnerConfig } from './merge-config.ts';
import { normaliserConfig } from './normaliser-config.ts';
import { joiningConfig } from './probabilistic/score-config.ts';

const cell = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'A text, a number, true, false, or null for a blank.',
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
  where: z
    .record(z.string().min(1), z.union([cell, z.array(cell).min(1)]))
    .optional()
    .describe(
      'Column of this source: its value, or a list of which it has one; null is a blank. Only rows that fit in every column are read',
    ),
  include: z
    .enum(['all', 'matchedOnly'])
    .optional()
    .describe('matchedOnly: people who are in no other source are left out. Absent: all'),
  deduplicate: joiningConfig
    .optional()
    .describe('Rules, or a score, by which two records of this source are one person'),
  winner: winnerConfig
    .optional()
    .describe('Which of several records of one person comes first within this source; absent: mostFilled'),
});

const reference = z.union(
  [
    z.string().regex(/^[^:]+:./, 'A record by source and key, as in crm:17.'),
    z.array(z.string().min(1)).min(2).describe('Source, then the columns of the key'),
  ],
  { error: 'A record by source and key: "crm:17", or [crm, "17"].' },
);

const pairs = z.union(
  [
    z.string().min(1).describe('A CSV file with two records a line, as in crm:17,shop:9'),
    z.array(z.tuple([reference, reference])),
  ],
  { error: 'A CSV file, or a list of pairs such as [crm:17, shop:9].' },
);

/**
 * `unify` of the workspace file. What cannot be said for one value alone (attributes nobody maps, columns
 * that a source does not have) is checked by `planUnify`.
 */
export const unifyConfig = z.strictObject({
  sources: z.array(unifiedSource).min(1).describe('Sources of people, the most important first'),
  match: joiningConfig
    .optional()
    .describe('Rules, or a score, by which records of different sources are one person'),
  merge: mergeConfig.optional().describe('Which value a profile takes where its records differ'),
  emails: z
    .array(attributeName)
    .optional()
    .describe('Attributes that hold e-mail addresses, besides those named email, e_mail and mail'),
  sensitive: z
    .array(attributeName)
    .optional()
    .describe('Attributes that an export sends only when it confirms each of them'),
  normalise: z
    .record(attributeName, normaliserConfig)
    .optional()
    .describe('In which form an attribute is compared; absent: by its name and type'),
  bypass: z
    .record(
      attributeName,
      z.union(
        [
          z.string().min(1).describe('A CSV file with one value a line'),
          z.array(z.string().min(1)).describe('Values'),
        ],
        { error: 'A list of values, or the path of a CSV file.' },
      ),
    )
    .optional()
    .describe('Values that agree with nothing, such as the telephone number of the shop itself'),
  pairs: z
    .strictObject({
      always: pairs.optional().describe('Records that are one person, whatever the rules say'),
      never: pairs.optional().describe('Records that are two people, whatever the rules say'),
    })
    .optional()
    .describe('What somebody has decided by hand'),
  maxBlock: z
    .int()
    .min(2)
    .max(100_000)
    .optional()
    .describe('How many records may share the exact fields of a rule that compares pairs; absent: 1,000'),
  maxGroup: z
    .int()
    .min(2)
    .max(1_000_000)
    .optional()
    .describe('How many records may become one person without a word of yours; absent: 50'),
  allowGroups: z
    .array(z.string().min(1))
    .optional()
    .describe('Groups over maxGroup that are one person all the same, by the id that a refresh shows'),
});

export type UnifyConfig = z.infer<typeof unifyConfig>;
export type UnifiedSourceConfig = z.infer<typeof unifiedSource>;
export type RecordReference = z.infer<typeof reference>;
