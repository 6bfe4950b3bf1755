import { z } from 'zod';

/**
 * Where FACTS.md says that sources disagree, or that something happens only at times, the sandbox has a mode.
 */
export const sandboxModes = z.strictObject({
  tags: z
    .enum(['applied', 'ignored', 'notEchoed'])
    .describe('Tags of batch members: set, dropped, or set while the answer shows the tags from before (§4)'),
  selfUnsubscribed: z
    .enum(['error', 'silentUnchanged', 'silentMissing'])
    .describe('"subscribed" for somebody in a compliance state, in a batch (§9.4)'),
  postFields: z
    .enum(['honoured', 'ignored', 'refused'])
    .describe('The query parameter `fields` on POST /lists/{id} and segment calls (§4)'),
  segmentUnknown: z
    .enum(['omitted', 'errors'])
    .describe('Addresses that are not in the audience, in a segment call (§9.11)'),
  missingStatus: z
    .enum(['kept', 'refused'])
    .describe('A batch member without `status` whose address is known (§4)'),
  unknownMergeFields: z.enum(['ignored', 'refused']).describe('§7'),
  roleAddresses: z.enum(['accepted', 'refused']).describe('In a batch (§8)'),
  archivedWithoutStatus: z
    .enum(['left out', 'listed'])
    .describe('Archived members in a listing that names no status (§5)'),
  lastChanged: z
    .enum(['on change', 'on every write'])
    .describe('Whether a write that changes nothing moves last_changed'),
  tagsMoveLastChanged: z.boolean().describe('Whether tagging moves last_changed'),
  overLimit: z.enum(['accept', '403']).describe('New contacts over contactLimit (§8)'),
  contactLimit: z.number().int().min(0).nullable().describe('Billable contacts of the account'),
  throttle: z
    .strictObject({ changes: z.number().int().positive(), seconds: z.number().positive() })
    .nullable()
    .describe('More changes of one address than this within so many seconds are refused (§9.17)'),
  fieldLanguage: z.enum(['en', 'de']).describe('Language of merge field messages (§8)'),
  flood: z
    .enum(['problem', 'html 429', 'html 403', 'empty 429'])
    .describe('The answer over the ceiling (§9.1)'),
  instance: z
    .enum(['uuid', 'sometimes empty', 'empty', 'absent'])
    .describe('`instance` of problem documents (§9.8)'),
  ceiling: z.number().int().positive().describe('Requests in flight per user (§9.1)'),
  deadlineMs: z.number().positive().describe('When the CDN cuts an answer off (§9.2)'),
  statsDelaySeconds: z.number().min(0).describe('How old the counts of an audience are (§9.20)'),
  plan: z.enum(['monthly', 'pay_as_you_go', 'forever_free']),
  premium: z.boolean().describe('80 merge fields instead of 30 (§7)'),
  webhookSigning: z.enum(['signed', 'unsigned']),
  webhookCheck: z.boolean().describe('GET the address when a webhook is created (§7)'),
  webhookCopies: z.number().int().positive().describe('Deliveries of each event (§9.16)'),
  webhookDelayMs: z.number().min(0),
  webhookOrder: z.enum(['in order', 'reversed']).describe('Of what is delivered together'),
  batchStepMs: z.number().min(0).describe('Time a batch stays in each status (§7)'),
  batchStuck: z.boolean().describe('New batches stay in pending (§9.19)'),
  pendingBatchLimit: z.number().int().min(0).describe('§7'),
  exportSeconds: z.number().min(0).describe('How long an account export takes (§7)'),
  logBodies: z.boolean().describe('Keep request bodies, people included, in the request log'),
});

export type SandboxModes = z.infer<typeof sandboxModes>;

/** What FACTS judges the likeliest. */
export const defaultModes: SandboxModes = {
  tags: 'applied',
  selfUnsubscribed: 'error',
  postFields: 'honoured',
  segmentUnknown: 'omitted',
  missingStatus: 'kept',
  unknownMergeFields: 'ignored',
  roleAddresses: 'accepted',
  archivedWithoutStatus: 'left out',
  lastChanged: 'on change',
  tagsMoveLastChanged: true,
  overLimit: 'accept',
  contactLimit: null,
  throttle: null,
  fieldLanguage: 'en',
  flood: 'problem',
  instance: 'uuid',
  ceiling: 10,
  deadlineMs: 120_000,
  statsDelaySeconds: 0,
  plan: 'monthly',
  premium: false,
  webhookSigning: 'signed',
  webhookCheck: true,
  webhookCopies: 1,
  webhookDelayMs: 0,
  webhookOrder: 'in order',
  batchStepMs: 50,
  batchStuck: false,
  pendingBatchLimit: 500,
  exportSeconds: 300,
  logBodies: false,
};
