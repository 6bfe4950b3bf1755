import { z } from 'zod';
import { ruleGroup } from './rule.ts';

const asOfForms = 'expected now, a date such as "2026-11-24", or { newest: source.column }.';
const newest = z
  .strictObject({
    newest: z.string().describe('Source and column, as in "orders.ordered_at".'),
  })
  .describe('The newest day of a column: for data that stands still.');

/** A segment as the workspace file has it. */
export const segmentConfig = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .describe('What people see and the tag is called; the id when absent.'),
  description: z.string().optional().describe('What the segment is for.'),
  type: z
    .enum(['dynamic', 'static'])
    .default('dynamic')
    .describe('"static" keeps its members until it is refreshed by hand.'),
  rules: ruleGroup.describe(
    "Who is in it: React Query Builder's rule groups, extended. No rules: everybody.",
  ),
  asOf: z
    .union([z.literal('now'), z.iso.date({ error: asOfForms }), newest], { error: asOfForms })
    .default('now')
    .describe('The day from which "within last" and the like count.'),
});
export type SegmentConfig = z.infer<typeof segmentConfig>;
export type AsOf = SegmentConfig['asOf'];
