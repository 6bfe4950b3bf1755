import { createServer } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../base/clock.ts';
import type { MailchimpClient, MailchimpOptions } from './mailchimp-client.ts';
import { MailchimpOutcomeUnknown, type MailchimpRefusal } from './mailchimp-error.ts';
import { openMailchimpClient } from './open-mailchimp-client.ts';
import { fastClock } from './test-support/clocks.ts';
import { fullMember } from './test-support/full-member.ts';
import { problem, startFake, tooMany, type FakeReply, type FakeServer } from './test-support/fake-server.ts';

let fake: FakeServer;
let client: MailchimpClient;

async function serve(
  handler: Parameters<typeof startFake>[0],
  options: Partial<MailchimpOptions> = {},
): Promise<void> {
  fake = await startFake(handler);
  // Waits of minutes pass in tenths of seconds. The deadline is far, so that a busy machine is no time-out.
  const hurried = { clock: fastClock(200), deadlineMs: 10_000_000 };
  client = openMailchimpClient({ apiRoot: fake.apiRoot, token: 'secret', ...hurried, ...options });
}

afterEach(async () => {
  await client.close();
  await fake.stop();
});

const account: FakeReply = { status: 200, json: { account_id: 'a', account_name: 'Post', role: 'owner' } };
const batch: FakeReply = { status: 200, json: { new_members: [], updated_members: [], errors: [] } };
const html = (status: number): FakeReply => ({ status, html: '<html><body>Access Denied</body></html>' });
const serverError = problem(500, 'InternalServerError', 'An unexpected internal error has occurred.');
// Waits for another try pass at once; those up to the deadline take their time.
const hurry: typeof systemClock.sleep = (ms, signal) => systemClock.sleep(ms > 450 ? 1 : ms, signal);
const ana = { address: 'ana@acme.test', status: 'subscribed', mergeFields: {} } as const;

describe('reads', () => {
  it.each<[string, FakeReply]>([
    ['an internal error', serverError],
    ['HTML and 502', html(502)],
    ['503', html(503)],
    ['504', html(504)],
    ['HTML and 403', html(403)],
    ['429', tooMany],
    ['429 without a body', { status: 429 }],
    ['a cut connection', 'cut'],
    ['HTML and 200', html(200)],
    ['half a JSON text', { status: 200, html: '{"account_id":' }],
  ])('are repeated after %s', async (_what, reply) => {
    await serve((_request, index) => (index < 2 ? reply : account));
    expect(await client.account()).toMatchObject({ accountId: 'a' });
    expect(client.stats()).toMatchObject({ requests: 3, retries: 2 });
  });

  it('give up after some tries', async () => {
    await serve(() => serverError);
    await expect(client.account()).rejects.toMatchObject({
      code: 'mailchimp_server_error',
      kind: 'remote',
      retry: 'later',
    });
    expect(fake.requests).toHaveLength(5);
  });
});

describe('an answer that is not understood', () => {
  const strange = { ...fullMember('ana@acme.test'), status: 'asleep' };
  it.each<[string, FakeReply, (client: MailchimpClient) => Promise<unknown>, string]>([
    [
      'a member in a status that is not known',
      { status: 200, json: { members: [strange], total_items: 1 } },
      (each) => each.memberPage('L', { offset: 0, count: 1_000 }),
      'no usable status',
    ],
    [
      'a list without its id',
      { status: 200, json: { name: 'ana@acme.test' } },
      (each) => each.audience('L'),
      'no usable id',
    ],
    ['HTML', { status: 200, html: '<b>ana@acme.test</b>' }, (each) => each.account(), 'no JSON'],
  ])('is refused with what it lacks, and with nothing of what it holds: %s', async (_, reply, ask, lack) => {
    await serve(() => reply);
    const error = (await ask(client).catch((thrown: unknown) => thrown)) as MailchimpRefusal;
    expect(error).toMatchObject({ code: 'mailchimp_bad_answer' });
    expect(error.message).toContain(lack);
    expect(inspect(error)).not.toMatch(/acme\.test|asleep/);
  });
});

describe('writes', () => {
  it.each<[string, FakeReply]>([
    ['an internal error', serverError],
    ['HTML and 502', html(502)],
    ['503', html(503)],
    ['504', html(504)],
    ['a cut connection', 'cut'],
    ['no answer in time', 'hang'],
    ['HTML and 200', html(200)],
    ['JSON that is no answer', { status: 200, json: [] }],
  ])('are not repeated after %s: nobody knows the outcome', async (_what, reply) => {
    await serve(() => reply, { deadlineMs: 120_000 });
    const error: unknown = await client.upsert('L', [ana]).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(MailchimpOutcomeUnknown);
    const { sentAt, mayRunUntil } = error as MailchimpOutcomeUnknown;
    expect(mayRunUntil.getTime() - sentAt.getTime()).toBe(120_000);
    expect(fake.requests).toHaveLength(1);
    expect(JSON.stringify(error)).not.toContain('acme.test');
  });

  it.each<[string, FakeReply]>([
    ['429', tooMany],
    ['HTML and 403', html(403)],
    ['429 without a body', { status: 429 }],
  ])('are repeated after %s: they were surely not carried out', async (_what, reply) => {
    await serve((_request, index) => (index < 3 ? reply : batch));
    await client.upsert('L', [ana]);
    expect(client.stats()).toMatchObject({ requests: 4, writes: 4, retries: 3, throttled: 3 });
  });

  it('are repeated while no connection can be made', async () => {
    // A port that nobody listens on until the second try.
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const address = probe.address();
    await new Promise((resolve) => probe.close(resolve));
    const port = typeof address === 'object' ? address?.port : 0;
    await serve(() => batch, { apiRoot: `http://127.0.0.1:${port}/3.0` });
    await expect(client.upsert('L', [ana])).rejects.toMatchObject({
      code: 'mailchimp_unreachable',
      retry: 'later',
    });
    expect(client.stats()).toMatchObject({ requests: 0, writes: 0, retries: 4 });
  });
});

describe('a batch that asks before it leaves', () => {
  it('gives its slot back until what it says is up to date again', async () => {
    await serve(() => batch, { maxRequests: 1 });
    let upToDate = false;
    await client.upsert('L', [ana], {
      beforeSend: () => Promise.resolve(upToDate),
      async renew() {
        // The only slot is free: otherwise this would wait for ever.
        await client.upsert('L', []);
        upToDate = true;
      },
    });
    expect(fake.requests.map(({ body }) => (body as { members: unknown[] }).members.length)).toEqual([0, 1]);
  });

  it('is given up, with its slot, when that fails', async () => {
    await serve(() => batch, { maxRequests: 1 });
    const left = new Error('somebody left');
    const asked = client.upsert('L', [ana], {
      beforeSend: () => Promise.resolve(false),
      renew: () => Promise.reject(left),
    });
    await expect(asked).rejects.toBe(left);
    expect(client.stats()).toMatchObject({ requests: 0, inFlight: 0 });
  });
});

describe('the ceiling', () => {
  it('is used up and never passed', async () => {
    const full = Promise.withResolvers<void>();
    await serve(
      async () => {
        await full.promise;
        return account;
      },
      { maxRequests: 5, clock: systemClock },
    );
    const calls = Array.from({ length: 60 }, () => client.account());
    await expect.poll(() => fake.inFlight()).toBe(5);
    full.resolve();
    await Promise.all(calls);
    expect(fake.mostInFlight()).toBe(5);
  });

  it('counts requests that still run though they were answered with 502', async () => {
    await serve(
      (_request, index) =>
        index % 3 === 1 ? { status: 502, html: '<html>', until: systemClock.sleep(200) } : account,
      { maxRequests: 3, deadlineMs: 400, clock: { ...systemClock, sleep: hurry } },
    );
    await Promise.all(Array.from({ length: 12 }, () => client.account()));
    expect(fake.mostInFlight()).toBeLessThanOrEqual(3);
    expect(client.stats().inFlight).toBe(client.stats().held);
  });

  it('holds the slot of an abandoned write until the deadline', async () => {
    const clock = fastClock(200);
    await serve(({ method }) => (method === 'POST' ? 'cut' : account), {
      maxRequests: 1,
      clock,
      deadlineMs: 120_000,
    });
    const lost = (await client
      .upsert('L', [ana])
      .catch((error: unknown) => error)) as MailchimpOutcomeUnknown;
    expect(client.stats()).toMatchObject({ inFlight: 1, held: 1 });
    await client.account();
    expect(clock.now().getTime()).toBeGreaterThanOrEqual(lost.mayRunUntil.getTime());
  });

  it('gives way in a storm of 429 and gets everything through', async () => {
    // Others use the account: the server takes three of ours at once.
    await serve(async () => {
      if (fake.inFlight() > 3) return tooMany;
      await systemClock.sleep(3);
      return batch;
    });
    await Promise.all(Array.from({ length: 100 }, () => client.upsert('L', [ana])));
    const { throttled, requests } = client.stats();
    expect(throttled).toBeGreaterThan(0);
    expect(requests).toBe(100 + throttled);
    // Eight at once without giving way would be refused five times out of eight.
    expect(throttled).toBeLessThan(60);
  });
});

describe('giving up', () => {
  it('starts nothing new, and lets finish what has left', async () => {
    const stop = new AbortController();
    await serve(
      async () => {
        stop.abort(new Error('cancelled'));
        await systemClock.sleep(5);
        return batch;
      },
      { maxRequests: 2 },
    );
    const calls = Array.from({ length: 20 }, () => client.upsert('L', [ana], { signal: stop.signal }));
    const ends = await Promise.allSettled(calls);
    const done = ends.filter(({ status }) => status === 'fulfilled');
    expect(done).toHaveLength(fake.requests.length);
    expect(fake.requests.length).toBeLessThanOrEqual(2);
    for (const end of ends) if (end.status === 'rejected') expect(end.reason).toBe(stop.signal.reason);
  });

  it('ends the wait for another try', async () => {
    const stop = new AbortController();
    await serve(() => html(403), { clock: systemClock, observe: () => stop.abort(new Error('cancelled')) });
    await expect(client.account({ signal: stop.signal })).rejects.toThrow('cancelled');
    expect(fake.requests).toHaveLength(1);
  });

  it('closes after what is in flight, refuses the rest, and waits for no held slot', async () => {
    await serve(async () => {
      await systemClock.sleep(20);
      return account;
    });
    const running = client.account();
    await expect.poll(() => fake.requests.length).toBe(1);
    await client.close();
    expect(await running).toMatchObject({ accountId: 'a' });
    await expect(client.account()).rejects.toMatchObject({ code: 'mailchimp_client_closed' });
  });
});
