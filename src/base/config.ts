import { resolve } from 'node:path';
import { z } from 'zod';
import { PostriderError } from './errors.ts';

/** What the environment says, parsed. Options of the command line go before it. */
export interface Config {
  /** Absolute. POSTRIDER_DATA, or `.postrider` in the current folder. */
  dataFolder: string;
  port: number;
  /** What the server listens on; only this machine unless said otherwise. */
  host: string;
  /** How people reach the server, as in https://postrider.example.com; absent: this machine and the port. */
  publicUrl: string | undefined;
  /** How many proxies stand before the server, whose word about the caller's address is taken. */
  proxies: number;
  /** The first owner, made at the first start in place of a link. */
  owner: { email: string; password: string } | undefined;
  /** A sign-in service that speaks OpenID Connect. */
  oidc: { issuer: string; clientId: string; clientSecret: string | undefined } | undefined;
  /** How mail is sent; absent: it is not. */
  mail: { smtpUrl: string; from: string } | undefined;
  /** Hosts of the own network that alerts may go to. */
  alertHosts: readonly string[];
  /** The text of POSTRIDER_SECRET_KEY; absent: `<dataFolder>/secret.key`. */
  secretKey: string | undefined;
  /** The text of POSTRIDER_NEW_SECRET_KEY, for `rotate-key` where the present one is in the environment. */
  newSecretKey: string | undefined;
  /** DATABASE_URL; absent: the embedded database in the data folder. */
  databaseUrl: string | undefined;
  /** What the tables of people may use of the memory before they use the disk, as in `400MB`. */
  engineMemory: string;
  /** How old the copy of the people file may become that a server keeps beside it; 0: there is none. */
  checkpointHours: number;
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

/** Every variable that is read at the start. */
const variables = z.object({
  POSTRIDER_DATA: z.string().default('.postrider').describe('The data folder; `--data DIR` goes before it.'),
  POSTRIDER_PORT: wholeNumber(0, 65_535, 4600).describe(
    'Where the server listens; of `demo` where its page is, with its Mailchimp one further. 0: any free port.',
  ),
  POSTRIDER_HOST: z
    .string()
    .min(1)
    .default('127.0.0.1')
    .describe('At which address of the machine; `0.0.0.0`: at all of them.'),
  POSTRIDER_PUBLIC_URL: webAddress
    .optional()
    .describe(
      'The address by which people reach the server, as a proxy has it: for links, cookies and the sign-in with Mailchimp.',
    ),
  POSTRIDER_PROXIES: wholeNumber(0, 5, 0).describe(
    'How many proxies stand before the server and say who calls.',
  ),
  POSTRIDER_OWNER_EMAIL: z
    .email('expected an e-mail address.')
    .optional()
    .describe(
      'Makes the first owner without a link, with the password below; does nothing once there are users.',
    ),
  POSTRIDER_OWNER_PASSWORD: text.describe('The password of that owner.'),
  POSTRIDER_OIDC_ISSUER: webAddress
    .optional()
    .describe('A sign-in service (OpenID Connect), as in `https://login.example.com`.'),
  POSTRIDER_OIDC_CLIENT_ID: text.describe('What that service calls us.'),
  POSTRIDER_OIDC_CLIENT_SECRET: text.describe('Its secret, where it gave one.'),
  POSTRIDER_SMTP_URL: z
    .url({ protocol: /^smtps?$/, error: 'expected smtp://user:password@host:port.' })
    .optional()
    .describe('How alerts are mailed, as in `smtps://user:password@mail.example.com`.'),
  POSTRIDER_MAIL_FROM: text.describe('From whom alerts are mailed.'),
  POSTRIDER_ALERT_HOSTS: z
    .string()
    .default('')
    .describe('Hosts of the own network that alerts may go to, with commas.'),
  POSTRIDER_SECRET_KEY: text.describe(
    'Seals secrets: 32 random bytes, base64 or hexadecimal. Absent: `secret.key` in the data folder.',
  ),
  POSTRIDER_NEW_SECRET_KEY: text.describe(
    'The next key, for `rotate-key` where the present one is in the environment.',
  ),
  DATABASE_URL: z
    .url({ protocol: /^postgres(ql)?$/, error: 'expected postgres://user:password@host/database.' })
    .optional()
    .describe(
      'Settings on a PostgreSQL server, as in `postgres://user:password@host/database`. Absent: the embedded database in the data folder.',
    ),
  POSTRIDER_ENGINE_MEMORY: z
    .string()
    .regex(/^[1-9]\d{0,5}(MB|GB)$/, 'expected an amount such as 400MB or 2GB.')
    // A million people fit, and the process beside it holds about as much again.
    .default('400MB')
    .describe(
      'What the tables of people may use of the memory before they use the disk, as in `400MB`. A million people with some ten attributes fit; more is faster.',
    ),
  POSTRIDER_CHECKPOINT_HOURS: wholeNumber(0, 720, 24).describe(
    'How old the copy of the people file may become that a server keeps beside it, and starts from where the file is broken; 0: there is none.',
  ),
  MAILCHIMP_BASE_URL: webAddress
    .optional()
    .describe('In place of the API root, with its `/3.0`. Absent: by the tail of the API key.'),
  MAILCHIMP_OAUTH_URL: webAddress
    .optional()
    .describe('In place of `https://login.mailchimp.com`, for a local Mailchimp.'),
  MAILCHIMP_CLIENT_ID: text.describe('The app that is registered at Mailchimp, for the sign-in with it.'),
  MAILCHIMP_CLIENT_SECRET: text.describe('Its secret.'),
  // Ten is Mailchimp's ceiling for one user; the rest is for other programs of the same account.
  MAILCHIMP_MAX_REQUESTS: wholeNumber(1, 10, 8).describe('Requests in flight for an account, 1 to 10.'),
  MAILCHIMP_DEADLINE_S: wholeNumber(1, 3600, 120).describe(
    'After so many seconds a request that was cut off is over at the server; 1 to 3600.',
  ),
});

const environment = variables.superRefine((given, context) => {
  for (const [one, other] of pairs) {
    if ((given[one] === undefined) === (given[other] === undefined)) continue;
    const missing = given[one] === undefined ? one : other;
    const set = missing === one ? other : one;
    context.addIssue({ code: 'custom', path: [missing], message: `is needed where ${set} is set.` });
  }
});

/** Half a sign-in service or half an owner is a slip that would show much later. */
const pairs = [
  ['POSTRIDER_OWNER_EMAIL', 'POSTRIDER_OWNER_PASSWORD'],
  ['POSTRIDER_OIDC_ISSUER', 'POSTRIDER_OIDC_CLIENT_ID'],
  ['POSTRIDER_SMTP_URL', 'POSTRIDER_MAIL_FROM'],
] as const;

function together<Value>(
  one: string | undefined,
  other: string | undefined,
  made: (one: string, other: string) => Value,
): Value | undefined {
  return one === undefined || other === undefined ? undefined : made(one, other);
}

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
    host: data.POSTRIDER_HOST,
    publicUrl: data.POSTRIDER_PUBLIC_URL?.replace(/\/+$/, ''),
    proxies: data.POSTRIDER_PROXIES,
    owner: together(data.POSTRIDER_OWNER_EMAIL, data.POSTRIDER_OWNER_PASSWORD, (email, password) => ({
      email,
      password,
    })),
    oidc: together(data.POSTRIDER_OIDC_ISSUER, data.POSTRIDER_OIDC_CLIENT_ID, (issuer, clientId) => ({
      issuer,
      clientId,
      clientSecret: data.POSTRIDER_OIDC_CLIENT_SECRET,
    })),
    mail: together(data.POSTRIDER_SMTP_URL, data.POSTRIDER_MAIL_FROM, (smtpUrl, from) => ({ smtpUrl, from })),
    // As addresses have them.
    alertHosts: data.POSTRIDER_ALERT_HOSTS.toLowerCase()
      .split(/[,\s]+/)
      .filter((host) => host !== ''),
    secretKey: data.POSTRIDER_SECRET_KEY,
    newSecretKey: data.POSTRIDER_NEW_SECRET_KEY,
    databaseUrl: data.DATABASE_URL,
    engineMemory: data.POSTRIDER_ENGINE_MEMORY,
    checkpointHours: data.POSTRIDER_CHECKPOINT_HOURS,
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

/**
 * Where people reach the web page, without a slash at the end. One name only, since a session belongs to it: Mailchimp
 * sends back to 127.0.0.1 and to no `localhost` (FACTS §3).
 */
export function pageRoot({ publicUrl, host, port }: Pick<Config, 'publicUrl' | 'host' | 'port'>): string {
  return publicUrl ?? rootAt(host, port);
}

/** Where this machine itself reaches what listens at a host. */
export function rootAt(host: string, port: number): string {
  if (host === '0.0.0.0') return `http://127.0.0.1:${port}`;
  if (host === '::') return `http://[::1]:${port}`;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** What each variable of the environment is for, in their order. */
export function environmentVariables(): { name: string; means: string; standard: string | undefined }[] {
  return Object.entries(variables.shape).map(([name, schema]) => {
    const given = schema.safeParse(undefined);
    const standard =
      given.success && given.data !== undefined && given.data !== '' ? String(given.data) : undefined;
    return { name, means: schema.description ?? '', standard };
  });
}
