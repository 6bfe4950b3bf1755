import { z } from 'zod';
import { attributeName } from './attribute-name.ts';

const aliases = z
  .array(
    z.union(
      [
        z
          .string()
          .min(1)
          .describe(
            '"nicknames" for the list that comes with Postrider, or a CSV file with one group a line',
          ),
        z.array(z.string().min(1)).min(2).describe('Words that mean the same; compared as the first of them'),
      ],
      { error: 'Write "nicknames", the path of a CSV file, or a list of words that mean the same.' },
    ),
  )
  .describe('Words that mean the same. A word of two groups counts for the first one');

const country = z.string().regex(/^[A-Z]{2}$/, 'A country by its two letters, as in RO.');

const kinds = ['asIs', 'text', 'name', 'address', 'email', 'phone', 'digits', 'date'] as const;

/**
 * In which form an attribute is compared. Only comparing knows of it: profiles keep their values as they stand
 * in the sources.
 */
export const normaliserConfig = z
  .union(
    [
      z
        .enum(kinds)
        .describe(
          'asIs: not changed; text: upper case, accents and runs of blanks do not matter; name: nor hyphens, dots and apostrophes; address: nor how "street" is written; email; phone; digits: those alone; date',
        ),
      z.strictObject({
        as: z.enum(['text', 'name', 'address']).describe('What sort of text it is'),
        keep: z
          .array(z.enum(['case', 'accents']))
          .optional()
          .describe('What does matter all the same'),
        drop: z
          .array(z.enum(['symbols', 'numerals', 'blanks']))
          .optional()
          .describe('What does not matter either'),
        umlauts: z
          .enum(['one', 'two'])
          .optional()
          .describe('"ä" as one letter, "a" (the default), or as two, "ae"; ö, ü, å and ø likewise'),
        aliases: aliases.optional(),
      }),
      z.strictObject({
        as: z.literal('email').describe('An e-mail address'),
        plus: z
          .enum(['keep', 'ignore'])
          .optional()
          .describe('Whether what follows a "+" before the "@" counts'),
        dots: z
          .enum(['keep', 'ignore'])
          .optional()
          .describe('Whether dots before the "@" count, at gmail.com and googlemail.com'),
      }),
      z.strictObject({
        as: z.literal('phone').describe('A telephone number; the country counts'),
        defaultCountry: country.optional().describe('Two letters; of numbers that do not say their country'),
        country: attributeName.optional().describe('The attribute that holds the country of the person'),
      }),
      z.strictObject({ as: z.enum(['asIs', 'digits', 'date']).describe('The same as the word alone') }),
    ],
    {
      error: `How values are normalised for comparing: one of ${kinds.join(', ')}, or { as: …, with options }.`,
    },
  )
  // An id of its own keeps the JSON Schema from spelling it out at every rule.
  .meta({ id: 'Normaliser' });

export type NormaliserConfig = z.infer<typeof normaliserConfig>;
