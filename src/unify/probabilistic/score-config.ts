import { z } from 'zod';
import { attributeName } from '../attribute-name.ts';
import { normaliserConfig } from '../normaliser-config.ts';
import { ruleConfig, type RuleConfig } from '../rule-config.ts';

/** How the values of a field can be near each other without being equal; `comparison.ts` has the levels of each. */
const comparisonKinds = ['name', 'text', 'date', 'email', 'phone', 'number', 'exact'] as const;
export type ComparisonKind = (typeof comparisonKinds)[number];

const kind = z
  .enum(comparisonKinds)
  .describe(
    'name, text: alike by Jaro and Winkler; date: a digit or two wrong, day and month exchanged; email: the same part before the "@"; phone, number: a digit or two wrong; exact: equal or not',
  );

const scoredField = z.union(
  [
    kind,
    z.strictObject({
      compare: kind,
      frequency: z
        .boolean()
        .optional()
        .describe(
          'Whether agreeing in a rare value says more than in a common one; absent: of name and text',
        ),
      normalise: normaliserConfig.optional().describe('In which form; absent: that of the attribute'),
    }),
  ],
  {
    error: `How a field is compared: ${comparisonKinds.join(', ')}, or { compare: name, frequency: false }.`,
  },
);

/** Joining by a score that is estimated from the data, in place of rules or behind them. */
const scoreConfig = z
  .strictObject({
    mode: z.literal('score').describe('Two records are one person when they are so with enough probability'),
    rules: z
      .array(ruleConfig)
      .optional()
      .describe('Rules that come first; the score joins what they leave apart'),
    threshold: z
      .number()
      .min(0.5)
      .max(0.999999)
      .optional()
      .describe('From which probability two records are one person; absent: 0.95'),
    fields: z
      .record(attributeName, scoredField)
      .refine((fields) => Object.keys(fields).length >= 2, 'A score needs at least two fields.')
      .optional()
      .describe('Attributes that are compared; absent: all whose name says that they tell people apart'),
    blocks: z
      .array(z.array(attributeName).min(1))
      .min(1)
      .optional()
      .describe(
        'Which records are compared at all: those that share all attributes of one entry; absent: chosen by counting',
      ),
    oneToOne: z
      .boolean()
      .optional()
      .describe('A record has at most one partner in each other source: for sources without duplicates'),
  })
  .meta({ id: 'UnifyScore' });

export type ScoreConfig = z.infer<typeof scoreConfig>;
export type ScoredFieldConfig = z.infer<typeof scoredField>;

/** Rules alone, or a score with or without some. */
export const joiningConfig = z.union([z.array(ruleConfig), scoreConfig], {
  error: 'A list of rules, or { mode: score, … }.',
});
export type JoiningConfig = z.infer<typeof joiningConfig>;

/** The rules, which come before a score where there is one. */
export function rulesOf(joining: JoiningConfig | undefined): readonly RuleConfig[] {
  return Array.isArray(joining) ? joining : (joining?.rules ?? []);
}

/** The score; undefined where rules alone join. */
export function scoreOf(joining: JoiningConfig | undefined): ScoreConfig | undefined {
  return Array.isArray(joining) ? undefined : joining;
}
