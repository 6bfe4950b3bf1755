import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { currentConsentVersion, isConsentVersion } from './consent-text.ts';

/** Whom a connection is shared with beside the administrators, who may use every one. */
const connectionRole = z.enum(['administrators', 'contributors']);

const consentHint =
  'A Mailchimp connection is saved only with the consent of a named person: people’s data leaves this machine. ' +
  'Read docs/consent.md and add consent: { agreedBy: you@example.com, date: "2026-11-24", text: v1 }.';

const consent = z
  .strictObject(
    {
      agreedBy: z.string().trim().min(1).describe('Who agreed: a name or an address.'),
      date: z.iso
        .date({ error: 'expected a date such as "2026-11-24".' })
        .describe('The day of the consent.'),
      text: z
        .string()
        .trim()
        .min(1)
        // Nobody can have agreed to a text that there never was.
        .refine(isConsentVersion, {
          error: `expected the version of a text, as in ${currentConsentVersion}.`,
        })
        .describe('The version of the text that was agreed to, as in v1.'),
    },
    { error: (issue) => (issue.input === undefined ? consentHint : undefined) },
  )
  .describe('The recorded consent to sending people’s data to Mailchimp.');

/** What an API key can be: it goes into a header. Not Mailchimp's own pattern, whose tokens have other forms. */
export const keyPattern = /^[\x21-\x7e]+$/;

const secretReference = z.union([
  z.strictObject({
    env: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of a variable.')
      .describe('A variable of the environment of the process.'),
  }),
  z.strictObject({
    file: z
      .string()
      .min(1)
      .refine((path) => isAbsolute(path), 'expected an absolute path.')
      .describe('A file with the key and nothing else; its path is absolute.'),
  }),
]);
export type SecretReference = z.infer<typeof secretReference>;

const mailchimpConnection = z.strictObject({
  type: z.literal('mailchimp').describe('The service.'),
  name: z.string().trim().min(1).max(100).optional().describe('What people see; absent: the id.'),
  apiKey: z
    .string()
    .trim()
    .regex(keyPattern, 'expected an API key: printable characters without spaces.')
    .optional()
    .describe(
      'The API key, best as "${MAILCHIMP_API_KEY}". Kept sealed and never written out. Absent: the one given before, or a sign-in with Mailchimp.',
    ),
  apiKeyFrom: secretReference
    .optional()
    .describe(
      'Where the API key is read each time, instead of being kept here: { env: NAME } or { file: PATH }.',
    ),
  sharedWith: z
    .array(connectionRole)
    .default([])
    .describe('Who may use it beside administrators, who always may.'),
  exportUser: z
    .string()
    .trim()
    .min(1)
    .optional()
    .describe(
      'The e-mail address of the user in whose name exports run; they stop when that user may not any more.',
    ),
  consent,
});

/** A connection as the workspace file has it: one schema a service, told apart by `type`. */
export const connectionConfig = z.discriminatedUnion('type', [mailchimpConnection]);
export type ConnectionConfig = z.infer<typeof connectionConfig>;

/** What may be stored, listed, written out and shown: everything but the secret. */
export type ConnectionSettings = Omit<ConnectionConfig, 'apiKey'>;

/** Parts a config into what may be shown and what must be sealed. */
export function partSecret(config: ConnectionConfig): {
  settings: ConnectionSettings;
  apiKey: string | undefined;
} {
  const { apiKey, ...settings } = config;
  return { settings, apiKey };
}
