import { z } from 'zod';
import { idPattern } from '../base/ids.ts';

/** `10%` of something, or a plain number of people. */
const share = z
  .union([
    z
      .string()
      .regex(/^\d{1,3}(\.\d+)?%$/)
      .describe('A share, as in "10%".'),
    z.int().min(0).max(100_000_000).describe('A number of people.'),
  ])
  .describe('A share such as "10%", or a number of people.');

const id = z.string().regex(idPattern);

// Mailchimp: at most ten characters, capitals, digits and underscore (FACTS §7).
const mergeTag = z.string().regex(/^[A-Z0-9_]{1,10}$/);

/** One item under `exports:` of the workspace file. */
export const exportConfig = z.strictObject({
  name: z.string().min(1).max(200).optional().describe('What people see; the id when absent.'),
  connection: id.describe('The id of the connection to send through.'),
  audience: z
    .string({ error: 'must be text: quote it, as in audience: "1234567890"' })
    .min(1)
    .max(64)
    .describe('The Mailchimp audience ID, quoted.'),
  match: z
    .strictObject({
      email: z.string().min(1).describe('The profile attribute that holds the e-mail address.'),
    })
    .describe('Which attribute identifies the contact.'),
  attributes: z
    .record(mergeTag, z.string().min(1))
    .default({})
    .describe('Merge field of the audience ← profile attribute, as in FNAME: first_name.'),
  segments: z
    .array(id)
    .min(1)
    .refine((ids) => new Set(ids).size === ids.length, 'a segment stands here twice')
    .describe('Whom to export: the people of any of these segments.'),
  exclude: z.array(id).default([]).describe('Whom to leave out: the people of any of these segments.'),
  adoptTags: z
    .array(z.string().min(1))
    .default([])
    .describe(
      'Tags that exist in the audience already and may be used; only those we give are ever taken away.',
    ),
  newContacts: z
    .enum(['subscribed', 'pending', 'transactional'])
    .default('subscribed')
    .describe('The status of people who are new to the audience; "pending" sends a confirmation mail.'),
  leavers: z
    .enum(['untag', 'archive', 'keep'])
    .default('untag')
    .describe('What happens to people who are in none of the segments any more.'),
  limits: z
    .strictObject({
      leavers: share
        .default('10%')
        .describe('Stop when more than this part of the exported people would leave.'),
      newContacts: share
        .optional()
        .describe('After the first run, stop when more than this part of the audience would be new.'),
      people: z
        .int()
        .min(1)
        .max(100_000_000)
        .default(1_000_000)
        .describe('The most distinct people over all segments.'),
      contract: z
        .int()
        .min(1)
        .max(1_000_000_000)
        .optional()
        .describe('The contacts your Mailchimp plan allows; the API does not tell.'),
    })
    .prefault({})
    .describe('Brakes: a run that would pass one stops before the first write.'),
});

export type ExportConfig = z.output<typeof exportConfig>;
export type Share = z.output<typeof share>;
