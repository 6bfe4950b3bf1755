import { z } from 'zod';
import { attributeName } from './attribute-name.ts';
import { normaliserConfig } from './normaliser-config.ts';

const level = z
  .union([z.number().min(0).max(1), z.enum(['high', 'medium', 'low'])], {
    error: 'How alike: a number from 0 to 1, or high (0.8), medium (0.6), low (0.3).',
  })
  .describe('From 0 to 1 for equal; high is 0.8, medium 0.6, low 0.3')
  .meta({ id: 'Likeness' });

const how = {
  by: z
    .enum(['jaroWinkler', 'editDistance', 'tokens'])
    .optional()
    .describe(
      'jaroWinkler (the default) is kind to slips behind the first letters; editDistance is (length − edits) / length; tokens compares sets of words',
    ),
  normalise: normaliserConfig.optional().describe('In which form; absent: that of the attribute'),
};

/** How one field of a rule is compared. */
const comparison = z.union(
  [
    z.literal('exact').describe('Equal in the form in which the attribute is compared'),
    z
      .strictObject({ similar: level.optional().describe('At least this alike; absent: equal'), ...how })
      .refine(({ similar, by }) => by === undefined || similar !== undefined, {
        path: ['by'],
        message: '"by" says how alike values are: give "similar" as well.',
      }),
  ],
  { error: 'How a field is compared: write "exact", or { similar: 0.9 }.' },
);

const exception = z.union(
  [
    z.literal('different').describe('Both are filled and differ'),
    z.literal('exact').describe('Both are filled and equal'),
    z.strictObject({ similar: level.describe('Both are filled and at least this alike'), ...how }),
    z.strictObject({ different: level.describe('Both are filled and less alike than this'), ...how }),
  ],
  { error: 'An exception: write "different", "exact", { similar: 0.9 } or { different: 0.6 }.' },
);

/** One rule of deduplication or matching: two records that agree in all its fields are one person. */
export const ruleConfig = z
  .strictObject({
    name: z.string().min(1).optional().describe('What people see; absent: made of the fields'),
    fields: z
      .record(attributeName, comparison)
      .refine((fields) => Object.keys(fields).length > 0, 'A rule needs at least one field.')
      .describe('Attributes that must all agree; a blank agrees with nothing'),
    unless: z
      .record(attributeName, exception)
      .optional()
      .describe('Exceptions: two records for which one of them holds are not joined by this rule'),
  })
  .superRefine(({ fields }, context) => {
    const compared = Object.values(fields);
    if (compared.length === 0 || compared.some((field) => !isSimilar(field))) return;
    context.addIssue({
      code: 'custom',
      path: ['fields'],
      message:
        'A rule with similar values needs a field that is "exact" too: without one every record would be compared with every other.',
    });
  })
  .meta({ id: 'UnifyRule' });

export type RuleConfig = z.infer<typeof ruleConfig>;
export type ComparisonConfig = z.infer<typeof comparison>;
export type ExceptionConfig = z.infer<typeof exception>;
export type LevelConfig = z.infer<typeof level>;

export function isSimilar(field: ComparisonConfig): boolean {
  return field !== 'exact' && field.similar !== undefined;
}
