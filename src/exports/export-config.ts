import { z } from 'zod';
import { idPattern } from '../base/ids.ts';
import { scheduleTimes } from '../base/schedule-times.ts';
import { fieldChoice, languageChoice } from './field-choice.ts';

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
    .record(mergeTag, fieldChoice)
    .default({})
    .describe('Merge field of the audience ← profile attribute, as in FNAME: first_name.'),
  language: languageChoice
    .optional()
    .describe('The attribute with the language, as Mailchimp’s two letters: ro, en, pt_PT.'),
  sensitive: z
    .array(z.string().min(1))
    .optional()
    .describe('Attributes marked as sensitive under unify that this export sends all the same.'),
  requiredFields: z
    .enum(['fill', 'skip'])
    .default('fill')
    .describe('"skip": people are sent although the audience requires fields that are blank for them.'),
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
  tagPrefix: z
    .string()
    .max(40)
    .default('')
    .describe('Stands before the segment’s name in each tag, as in "PR: ".'),
  consent: z
    .strictObject({
      field: z.string().min(1).describe('The attribute that says yes: true, 1, yes, y or da.'),
      time: z.string().min(1).optional().describe('When they said so; sent as timestamp_opt.'),
      address: z.string().min(1).optional().describe('The IP address they said it from; sent as ip_opt.'),
    })
    .optional()
    .describe(
      'New people are sent only where they consented. Those in the audience already are not asked again.',
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
        .describe('The contacts your Mailchimp plan allows, over all audiences; the API does not tell.'),
      sourceAge: z
        .union([
          z.strictObject({ hours: z.int().min(1).max(100_000).describe('A number of hours.') }),
          z.strictObject({ days: z.int().min(1).max(5_000).describe('A number of days.') }),
        ])
        .optional()
        .describe('Stop when the data of a source are older: { hours: 36 } or { days: 2 }.'),
    })
    .prefault({})
    .describe('Brakes: a run that would pass one stops before the first write.'),
  schedule: z
    .union([z.enum(['refresh', 'off']), scheduleTimes])
    .optional()
    .describe(
      '"refresh" (and absent): with each refresh of the schedule; "off": when a person says so; or times of its own.',
    ),
});

export type ExportConfig = z.output<typeof exportConfig>;

/** As it is stored: an export whose connection was taken away keeps all the rest, and does not run. */
export const storedExport = exportConfig.extend({
  connection: id
    .nullable()
    .describe(
      'The id of the connection to send through; null: detached, and nothing is sent until it has one.',
    ),
});
export type StoredExport = z.output<typeof storedExport>;

export function isAttached(config: StoredExport): config is ExportConfig {
  return config.connection !== null;
}
export type Share = z.output<typeof share>;
