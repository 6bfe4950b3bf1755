import { resolve } from 'node:path';
import { z } from 'zod';
import { PostriderError } from './errors.ts';

/** What the environment says, parsed. Options of the command line go before it. */
export interface Config {
  /** Absolute. POSTRIDER_DATA, or `.postrider` in the current folder. */
  dataFolder: string;
  port: number;
  /** The text of POSTRIDER_SECRET_KEY; absent: `<dataFolder>/secret.key`. */
  secretKey: string | undefined;
  /** DATABASE_URL; absent: the embedded database in the data folder. */
  databaseUrl: string | undefined;
  /** What the tables of people may use of the memory before they use the disk, as in `400MB`. */
  engineMemory: string;
  mailchimp: {
    /** In place of the API root, with its `/3.0`. */
    baseUrl: string | undefined;
    /** In place of the login host. */
    oauthUrl: string | undefined;
    clientId: string | undefined;
    clientSecret: string | undefined;
    maxRequests: number;
    deadlineMs: number;
  };
}

const text = z.string().min(1).optional();
const webAddress = z.url({ protocol: /^https?$/, error: 'expected an address such as https://example.com.' });

function wholeNumber(from: number, to: number, standard: number): z.ZodType<number> {
  const wanted = `expected a whole number from ${from} to ${to}.`;
  return z
    .string()
    .regex(/^\d+$/, wanted)
    .transform(Number)
    .refine((value) => value >= from && value <= to, wanted)
    .default(standard);
}

const environment = z.object({
  POSTRIDER_DATA: z.string().default('.postrider'),
  POSTRIDER_PORT: wholeNumber(0, 65_535, 4600),
  POSTRIDER_SECRET_KEY: text,
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user:password@host/database.' })
    .optional(),
  POSTRIDER_ENGINE_MEMORY: z
    .string()
    .regex(/^[1-9]\d{0,5}(MB|GB)$/, 'expected an amount such as 400MB or 2GB.')
    // A million people fit, and the process beside it holds about as much again.
    .default('400MB'),
  MAILCHIMP_BASE_URL: webAddress.optional(),
  MAILCHIMP_OAUTH_URL: webAddress.optional(),
  MAILCHIMP_CLIENT_ID: text,
  MAILCHIMP_CLIENT_SECRET: text,
  // Ten is Mailchimp's ceiling for one user; the rest is for other programs of the same account.
  MAILCHIMP_MAX_REQUESTS: wholeNumber(1, 10, 8),
  MAILCHIMP_DEADLINE_S: wholeNumber(1, 3600, 120),
});

/**
 * The environment as a config. A variable that is set to nothing counts as absent, as shells and Compose files
 * leave them.
 * @throws `configuration` / `bad_environment`, naming each variable that is wrong and never its value, which
 *   may be a secret
 */
export function readConfig(env: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value?.trim() !== ''));
  const parsed = environment.safeParse(set);
  if (!parsed.success) {
    const lines = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new PostriderError({
      kind: 'configuration',
      code: 'bad_environment',
      message: lines.join('\n'),
      hint: 'Correct or unset the variable; docs/configuration.md lists them all.',
    });
  }
  const { data } = parsed;
  return {
    dataFolder: resolve(data.POSTRIDER_DATA),
    port: data.POSTRIDER_PORT,
    secretKey: data.POSTRIDER_SECRET_KEY,
    databaseUrl: data.DATABASE_URL,
    engineMemory: data.POSTRIDER_ENGINE_MEMORY,
    mailchimp: {
      baseUrl: data.MAILCHIMP_BASE_URL,
      oauthUrl: data.MAILCHIMP_OAUTH_URL,
      clientId: data.MAILCHIMP_CLIENT_ID,
      clientSecret: data.MAILCHIMP_CLIENT_SECRET,
      maxRequests: data.MAILCHIMP_MAX_REQUESTS,
      deadlineMs: data.MAILCHIMP_DEADLINE_S * 1000,
    },
  };
}
