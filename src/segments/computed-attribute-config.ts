import { z } from 'zod';
import { aggregateFunctions, ruleGroup } from './rule.ts';
import { asOf } from './segment-config.ts';

/** An attribute of people that is made of related rows, as in what somebody has spent; as the workspace file has it. */
export const computedAttributeConfig = z.strictObject({
  name: z.string().trim().min(1).max(100).optional().describe('What people see; the id when absent.'),
  of: z.string().min(1).describe('The id of a relationship: its rows, those of one person at a time.'),
  function: z.enum(aggregateFunctions).describe('What to make of these rows.'),
  column: z.string().min(1).optional().describe('The column it is made of; "count" has none.'),
  by: z
    .string()
    .min(1)
    .optional()
    .describe('With "first" and "last": the column of numbers, dates or times that orders the rows.'),
  where: ruleGroup.optional().describe('Only these rows.'),
  asOf,
});
export type ComputedAttributeConfig = z.infer<typeof computedAttributeConfig>;
