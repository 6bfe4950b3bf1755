import { afterEach, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import { AccountSlots } from './account-slots.ts';
import type { Account } from './audience-model.ts';
import { openMailchimpClient } from './open-mailchimp-client.ts';
import { startFake, type FakeServer } from './test-support/fake-server.ts';

let fake: FakeServer;
afterEach(() => fake.stop());

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** A client with a key of its own, on slots that others may share. */
function clientOf(accounts: AccountSlots, token: string) {
  const options = { apiRoot: fake.apiRoot, token, deadlineMs: 10_000 };
  const slots = accounts.client({
    ...options,
    async ask() {
      const asking = openMailchimpClient({ ...options, maxRequests: 1 });
      try {
        return await asking.account();
      } finally {
        await asking.close();
      }
    },
  });
  return { slots, client: openMailchimpClient({ ...options, maxRequests: 8, slots }) };
}

/** Which account a token opens is its last letter; what is asked of it waits until the gate opens. */
async function serve(gate: () => Promise<unknown>): Promise<AccountSlots> {
  fake = await startFake(async ({ path, headers }) => {
    const id = headers.authorization?.at(-1) ?? '';
    if (path === '/') return { status: 200, json: { account_id: id, account_name: id, role: 'owner' } };
    await gate();
    return { status: 200, json: { merge_fields: [], total_items: 0 } };
  });
  return new AccountSlots({ max: 3, clock: systemClock, heldUntil: [] });
}

const fieldsTimes = (times: number, { client }: ReturnType<typeof clientOf>) =>
  Array.from({ length: times }, () => client.mergeFields('L'));

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(2);
}

it('holds the ceiling over all keys to one account, and asks once whose a key is', async () => {
  const accounts = await serve(async () => {
    await until(() => fake.mostInFlight() >= 3);
    await pause(2);
  });
  const clients = ['key-one-a', 'key-two-a', 'key-two-a'].map((token) => clientOf(accounts, token));
  await Promise.all(clients.flatMap((each) => fieldsTimes(8, each)));
  expect(fake.mostInFlight()).toBe(3);
  expect(fake.requests.filter(({ path }) => path === '/')).toHaveLength(2);
  await Promise.all(clients.map(({ client }) => client.close()));
});

it('lets accounts that are not the same run side by side', async () => {
  // No answer comes before both accounts are at their ceilings.
  const accounts = await serve(() => until(() => fake.mostInFlight() === 6));
  const clients = ['key-a', 'key-b'].map((token) => clientOf(accounts, token));
  await Promise.all(clients.flatMap((each) => fieldsTimes(8, each)));
  expect(fake.mostInFlight()).toBe(6);
  await Promise.all(clients.map(({ client }) => client.close()));
});

it('goes on for the others when one client is closed', async () => {
  const open = Promise.withResolvers<void>();
  const accounts = await serve(() => open.promise);
  const [one, other] = [clientOf(accounts, 'key-one-a'), clientOf(accounts, 'key-two-a')];
  await other.slots.account();
  const asked = fieldsTimes(5, one);
  await until(() => fake.inFlight() === 3);
  const late = other.client.mergeFields('L');
  const closed = one.client.close();
  // Whoever had no slot yet is refused; those in flight are waited for.
  const refused = await Promise.allSettled(asked.slice(3));
  const closedReason = { reason: { code: 'mailchimp_client_closed' } };
  expect(refused).toMatchObject([closedReason, closedReason]);
  open.resolve();
  await closed;
  expect(await Promise.all([...asked.slice(0, 3), late])).toEqual([[], [], [], []]);
  await other.client.close();
});

it('ends the waiting for whose a key is when the caller gives up, and lets others have the answer', async () => {
  const accounts = await serve(() => Promise.resolve());
  const answer = Promise.withResolvers<Account>();
  const key = { apiRoot: fake.apiRoot, token: 'key-a', ask: () => answer.promise };
  const [one, other] = [accounts.client(key), accounts.client(key)];
  const gaveUp = new AbortController();
  const waiting = [one.acquire(gaveUp.signal), one.account(gaveUp.signal)];
  const patient = other.account();
  gaveUp.abort(new Error('that is too long'));
  for (const each of await Promise.allSettled(waiting)) {
    expect(each).toMatchObject({ reason: { message: 'that is too long' } });
  }
  await expect(one.acquire(gaveUp.signal)).rejects.toThrow('that is too long');
  answer.resolve({ accountId: 'a' } as Account);
  expect(await patient).toMatchObject({ accountId: 'a' });
  (await one.acquire()).end({ kind: 'over' });
  await accounts.close();
});

it('lets the process end when it is closed, whatever an earlier one left running', async () => {
  await serve(() => Promise.resolve());
  const far = new Date(Date.now() + 3_600_000);
  const slept: AbortSignal[] = [];
  const clock = {
    ...systemClock,
    sleep: (ms: number, signal?: AbortSignal) => {
      if (signal !== undefined) slept.push(signal);
      return systemClock.sleep(ms, signal);
    },
  };
  const accounts = new AccountSlots({ max: 2, clock, heldUntil: [far] });
  const { client } = clientOf(accounts, 'key-a');
  await client.mergeFields('L');
  await client.close();
  expect(slept.some((signal) => !signal.aborted)).toBe(true);
  await accounts.close();
  expect(slept.every((signal) => signal.aborted)).toBe(true);
});

it('keeps the slots of requests of an earlier process, also from the question whose the account is', async () => {
  await serve(() => Promise.resolve());
  const over = new Date(Date.now() + 150);
  const held = new AccountSlots({ max: 2, clock: systemClock, heldUntil: [over, over] });
  const { client } = clientOf(held, 'key-a');
  await client.mergeFields('L');
  expect(Date.now()).toBeGreaterThanOrEqual(over.getTime());
  await client.close();
});
