import { z } from 'zod';
import { idPattern } from '../base/ids.ts';
import { attributeName } from './attribute-name.ts';

const sourceId = z.string().regex(idPattern, 'The id of a source, as under "sources".');
const mostRecent = z.strictObject({ mostRecent: attributeName.describe('The attribute that says when') });
const leastRecent = z.strictObject({ leastRecent: attributeName.describe('The attribute that says when') });

const preference = z
  .union(
    [
      z.literal('importance').describe('The first value that is not blank, in the order of the sources'),
      z.literal('mostFilled').describe('That of the record with the most attributes filled'),
      mostRecent,
      leastRecent,
      z.strictObject({
        order: z
          .array(sourceId)
          .min(1)
          .describe('Sources in the order that holds here; the others come after'),
      }),
    ],
    {
      error:
        'Write "importance", "mostFilled", { mostRecent: ATTRIBUTE }, { leastRecent: ATTRIBUTE } or { order: [SOURCE, …] }.',
    },
  )
  .meta({ id: 'Preference' });

/** Which record of a person comes first within a source. */
export const winnerConfig = z.union(
  [z.literal('mostFilled').describe('The one with the most attributes filled'), mostRecent, leastRecent],
  { error: 'Write "mostFilled", { mostRecent: ATTRIBUTE } or { leastRecent: ATTRIBUTE }.' },
);

const together = z.array(attributeName).min(2).max(10);

/** `unify.merge` of the workspace file. */
export const mergeConfig = z.strictObject({
  default: preference.optional().describe('For every attribute that is not named; absent: importance'),
  attributes: z
    .record(attributeName, preference)
    .optional()
    .describe('Attribute of the profile: which of its values is taken'),
  groups: z
    .record(
      z.string().min(1),
      z.union(
        [
          together.describe('Attributes that are taken together'),
          z.strictObject({
            attributes: together.describe('Attributes that are taken together'),
            prefer: preference.optional().describe('Which record; mostFilled counts these attributes only'),
          }),
        ],
        { error: 'A list of at least two attributes, or { attributes: […], prefer: … }.' },
      ),
    )
    .optional()
    .describe('Attributes whose values all come from one record, so that an address never mixes two'),
});

export type Preference = z.infer<typeof preference>;
export type Winner = z.infer<typeof winnerConfig>;
