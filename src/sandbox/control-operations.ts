import { z } from 'zod';
import { inputError } from '../base/errors.ts';
import { roles } from './access.ts';
import type { Account } from './account.ts';
import {
  fillAudience,
  fillAudienceInput,
  newAudience,
  seedMembers,
  seedMembersInput,
  setUpAudience,
} from './audience-setup.ts';
import {
  audienceState,
  audienceStateInput,
  audienceSummaries,
  memberState,
  memberStateInput,
} from './audience-state.ts';
import { faultRule } from './faults.ts';
import type { Fault } from './faults.ts';
import { latencyModel } from './latency.ts';
import { sandboxModes } from './modes.ts';
import type { SandboxModes } from './modes.ts';
import { act, actInput } from './person-acts.ts';
import type { RequestCounters, RequestRecord } from './request-log.ts';

export interface Operation<Schema extends z.ZodType, Result> {
  input: Schema;
  /** Changes nothing: GET may ask for it. */
  reads: boolean;
  run(account: Account, input: z.output<Schema>): Result;
}

function operation<Schema extends z.ZodType, Result>(
  input: Schema,
  run: (account: Account, input: z.output<Schema>) => Result,
): Operation<Schema, Result> {
  return { input, reads: false, run };
}

function reading<Schema extends z.ZodType, Result>(
  input: Schema,
  run: (account: Account, input: z.output<Schema>) => Result,
): Operation<Schema, Result> {
  return { input, reads: true, run };
}

const nothing = z.strictObject({});
const done = { done: true } as const;
/** Everything that can be done to a sandbox from outside of the API; the one list for code and for HTTP. */
export const controlOperations = {
  createAudience: operation(newAudience, setUpAudience),
  seedMembers: operation(seedMembersInput, seedMembers),
  fillAudience: operation(fillAudienceInput, fillAudience),
  /** Acts as a person, as somebody in the user interface, or as a mail server. */
  act: operation(actInput, act),

  audiences: reading(nothing, (account) => audienceSummaries(account)),
  audienceState: reading(audienceStateInput, audienceState),
  memberState: reading(memberStateInput, memberState),

  modes: reading(nothing, (account): SandboxModes => structuredClone(account.modes)),
  setModes: operation(sandboxModes.partial(), (account, modes): SandboxModes => {
    const sent = Object.fromEntries(Object.entries(modes).filter(([, value]) => value !== undefined));
    account.modes = { ...account.modes, ...sent };
    return structuredClone(account.modes);
  }),
  setLatency: operation(latencyModel, (account, latency) => {
    account.latency = latency;
    return done;
  }),
  addFault: operation(faultRule, (account, rule): Fault => structuredClone(account.faults.add(rule))),
  faults: reading(nothing, (account): Fault[] => structuredClone(account.faults.list())),
  clearFaults: operation(nothing, (account) => {
    account.faults.clear();
    return done;
  }),
  /** Moves the account's clock on: stats, exports, links and the throttle follow it; latencies do not. */
  advanceTime: operation(z.strictObject({ seconds: z.number().min(0) }), (account, { seconds }) => {
    account.advance(seconds);
    return { now: account.date().toISOString() };
  }),

  counters: reading(nothing, (account): RequestCounters => structuredClone(account.log.counters)),
  /** Requests in the order they came, after a number. */
  requests: reading(
    z.strictObject({
      after: z.coerce.number().int().min(0).default(0),
      limit: z.coerce.number().int().min(1).max(5000).default(1000),
    }),
    (account, { after, limit }): RequestRecord[] => structuredClone(account.log.since(after, limit)),
  ),
  resetCounters: operation(nothing, (account) => {
    account.log.reset();
    return done;
  }),

  /** A user with an API key of their own, and a ceiling of their own. */
  createUser: operation(
    z.strictObject({
      name: z.string(),
      role: z.enum(roles).default('manager'),
    }),
    (account, { name, role }) => ({
      name,
      apiKey: account.access.issueToken(account.access.addUser(name, role)),
    }),
  ),
  /** Another API key of a user: both share the ceiling. */
  issueKey: operation(z.strictObject({ user: z.string().default('owner') }), (account, { user }) => ({
    apiKey: account.access.issueToken(userOf(account, user)),
  })),
  disableUser: operation(z.strictObject({ user: z.string() }), (account, { user }) => {
    userOf(account, user).state = 'disabled';
    return done;
  }),
  /** Absent token: all of them; every call then answers 401. */
  revokeToken: operation(z.strictObject({ token: z.string().optional() }), (account, { token }) => {
    if (token === undefined) account.access.revokeAll();
    else if (!account.access.revoke(token)) throw inputError('sandbox_no_token', 'This token is not known.');
    return done;
  }),
  registerApp: operation(
    z.strictObject({ clientId: z.string(), clientSecret: z.string(), redirectUri: z.string().optional() }),
    (account, app) => {
      account.access.registerApp(app);
      return done;
    },
  ),

  /** Delivers what waits, and waits for the receivers. */
  flushWebhooks: operation(nothing, async (account) => {
    await account.webhooks.flush();
    return { attempts: [...account.webhooks.attempts] };
  }),
  reset: operation(nothing, (account) => {
    account.reset();
    return done;
  }),
};

function userOf(account: Account, name: string) {
  const user = account.access.userByName(name);
  if (user === undefined) throw inputError('sandbox_no_user', `The sandbox has no user "${name}".`);
  return user;
}
