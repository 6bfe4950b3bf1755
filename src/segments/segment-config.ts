import { z } from 'zod';
import { ruleGroup } from './rule.ts';

const asOfForms = 'expected now, a date such as "2026-11-24", or { newest: source.column }.';
const newest = z
  .strictObject({
    newest: z.string().describe('Source and column, as in "orders.ordered_at".'),
  })
  .describe('The newest day of a column: for data that stands still.');

export const asOf = z
  .union([z.literal('now'), z.iso.date({ error: asOfForms }), newest], { error: asOfForms })
  .default('now')
  .describe('The day from which "within last" and the like count.');

/** How sure somebody wants to be of a segment: one person who must be in it, or must not. */
const segmentTest = z
  .strictObject({
    is: z.enum(['in', 'out']).describe('Whether they must be in the segment or outside of it.'),
    address: z.string().trim().min(1).max(254).optional().describe('An address that they have.'),
    id: z.string().trim().min(1).max(100).optional().describe('Their customer id.'),
  })
  .refine(({ address, id }) => (address === undefined) !== (id === undefined), {
    error: 'needs either "address" or "id"',
  });
export type SegmentTest = z.infer<typeof segmentTest>;

/** A stable part of a segment that is kept out of it, to see what writing to the others changes. */
const holdOut = z
  .strictObject({
    share: z
      .string()
      .regex(/^(0\.\d{1,2}|[1-9]\d?(\.\d{1,2})?)%$/, 'expected a share such as "10%", below 100%.')
      .describe('How many of its people are kept out, as in "10%".'),
    seed: z
      .string()
      .min(1)
      .max(100)
      .optional()
      .describe('Another seed keeps other people out; absent: the id of the segment.'),
  })
  .describe('Keeps a share of its people out, always the same ones.');
export type HoldOut = z.infer<typeof holdOut>;

const segmentShape = z.strictObject({
  name: z
    .string()
    .trim()
    .min(1)
    .max(100)
    .optional()
    .describe('What people see and the tag is called; the id when absent.'),
  description: z.string().optional().describe('What the segment is for.'),
  tags: z
    .array(z.string().trim().min(1).max(50))
    .max(20)
    .refine((tags) => new Set(tags).size === tags.length, 'a tag stands here twice')
    .optional()
    .describe('Words to find it by; they are no tags in Mailchimp.'),
  state: z
    .enum(['draft', 'active', 'inactive'])
    .optional()
    .describe(
      'Absent: active. "draft" is never computed and cannot be exported; "inactive" is not computed any more and keeps its members.',
    ),
  type: z
    .enum(['dynamic', 'static'])
    .default('dynamic')
    .describe('"static" keeps its members until it is refreshed by hand.'),
  rules: ruleGroup
    .optional()
    .describe("Who is in it: React Query Builder's rule groups, extended. No rules: everybody."),
  members: z
    .string()
    .min(1)
    .optional()
    .describe(
      'Instead of rules: a CSV file whose first column has addresses or customer ids, relative to this file.',
    ),
  heldOutOf: z
    .string()
    .min(1)
    .optional()
    .describe('Instead of rules: another segment; in this one are those whom its "holdOut" keeps out.'),
  holdOut: holdOut.optional(),
  asOf,
  tests: z
    .array(segmentTest)
    .max(100)
    .optional()
    .describe('Looked at after every refresh; one that fails stops the exports of this segment.'),
});

/** A segment as the workspace file has it. */
export const segmentConfig = segmentShape
  .refine(
    ({ rules, members, heldOutOf }) =>
      [rules, members, heldOutOf].filter((each) => each !== undefined).length === 1,
    { path: ['rules'], error: 'a segment needs one of "rules", "members" and "heldOutOf"' },
  )
  .refine(({ holdOut: own, heldOutOf }) => own === undefined || heldOutOf === undefined, {
    path: ['holdOut'],
    error: 'a segment of people who are held out holds nobody out',
  });
export type SegmentConfig = z.infer<typeof segmentConfig>;
export type SegmentState = NonNullable<SegmentConfig['state']>;

/** What becomes of a segment in a refresh. */
export function stateOf({ state = 'active' }: Pick<SegmentConfig, 'state'>): SegmentState {
  return state;
}

export type AsOf = z.infer<typeof asOf>;
