import { createHmac, createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { secretKeyOf } from '../connections/seal.ts';
import { sql } from '../engine/sql.ts';
import { makeWebhook, removeWebhook, webhooksOfOurs } from '../pipeline/make-webhook.ts';
import { takeInWebhook, type WebhookCall } from '../pipeline/take-in-webhook.ts';
import { audienceId, TestLine, type TestPerson } from '../pipeline/test-support/test-line.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { serveWebhooks, type WebhookServer } from './serve-webhooks.ts';

/** From the person who leaves in Mailchimp to the next plan and the segments, over the wire. */
const key = secretKeyOf(createSecretKey(Buffer.alloc(32, 7)));
let line: TestLine;
let server: WebhookServer;
let base: string;
/** What came, secret parts and all. */
let calls: WebhookCall[];

beforeEach(async () => {
  line = await TestLine.open();
  calls = [];
  server = await serveWebhooks(
    {
      takeInWebhook(call) {
        calls.push(call);
        return takeInWebhook(line.parts(), key, call);
      },
    },
    { port: 0, host: '127.0.0.1' },
  );
  base = `http://127.0.0.1:${server.port}/webhooks/mailchimp`;
});
afterEach(async () => {
  await server.close();
  await line.close();
});

const ana: TestPerson = { id: '1', email: 'ana@acme.test', first: 'Ana', last: 'Pop', buyer: 'yes' };
const ion: TestPerson = { id: '2', email: 'ion@acme.test', first: 'Ion', last: 'Rus', buyer: 'yes' };

const make = () => makeWebhook(line.parts(), key, { export: 'news', url: base, by: 'test' });
const attempts = async () => (await line.sandbox.control.flushWebhooks()).attempts;
const statuses = async () =>
  Object.fromEntries(
    (
      await line.engine.rows<{ address: string; status: string }>(
        sql`SELECT address, status FROM export.audience_member`,
      )
    ).map(({ address, status }) => [address, status]),
  );
/** The secret part, learned from a call of the sandbox. */
async function token(): Promise<string> {
  line.act('ion@acme.test', { kind: 'editFields', mergeFields: { CITY: 'Arad' } });
  await attempts();
  return calls.at(-1)?.token ?? '';
}
const post = async (path: string, body: string, headers: Record<string, string> = {}) =>
  (await fetch(`${base}/${path}`, { method: 'POST', body, headers })).status;
const event = (fields: Record<string, string>, fired = new Date()) =>
  new URLSearchParams({
    fired_at: fired.toISOString().slice(0, 19).replace('T', ' '),
    'data[list_id]': audienceId,
    'data[email]': 'ana@acme.test',
    ...fields,
  }).toString();

describe('somebody who unsubscribes in Mailchimp', () => {
  it('is known at once: to the facts, to a segment, to the next plan', async () => {
    const rules = {
      combinator: 'and',
      rules: [{ field: `mailchimp.${audienceId}.status`, operator: '=', value: 'unsubscribed' }],
    };
    const gone = segmentConfig.parse({ name: 'Gone', rules });
    line.settings = {
      ...line.settings,
      segments: new Map([...line.settings.segments, ['gone' as SegmentId, gone]]),
    };
    await line.people([ana, ion]);
    await line.run();
    expect(await make()).toMatchObject({ audience: audienceId, signed: true, there: true, url: base });

    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    expect(await attempts()).toMatchObject([{ type: 'unsubscribe', status: 200 }]);
    expect(await statuses()).toEqual({ 'ana@acme.test': 'unsubscribed', 'ion@acme.test': 'subscribed' });

    // The segment sees it even while Mailchimp cannot be read.
    line.sandbox.control.addFault({
      method: 'GET',
      times: null,
      answer: { kind: 'status', status: 403, body: 'problem' },
    });
    await line.people([ana, ion]);
    const members = await line.engine.rows(sql`SELECT members FROM segment.size WHERE segment = 'gone'`);
    expect(members).toEqual([{ members: 1 }]);
    line.sandbox.control.clearFaults();
    expect((await line.run()).people).toMatchObject({ keptOut: { unsubscribed: 1 }, unchanged: 1 });
    expect(
      await line.engine.rows(sql`SELECT address FROM export.webhook_event WHERE read_at IS NULL`),
    ).toEqual([]);
  });

  it.each([
    { act: { kind: 'bounce' }, status: 'cleaned' },
    { act: { kind: 'archive' }, status: 'archived' },
    { act: { kind: 'editFields', mergeFields: { CITY: 'Cluj' } }, status: 'subscribed' },
  ] as const)('or does something else: $act.kind', async ({ act, status }) => {
    await line.people([ana, ion]);
    await line.run();
    await make();
    line.act('ana@acme.test', act);
    await attempts();
    expect(await statuses()).toMatchObject({ 'ana@acme.test': status });
  });

  it('is told once, twice, late or the wrong way round: it comes to the same', async () => {
    line.sandbox.control.setModes({ webhookCopies: 3, webhookOrder: 'reversed', webhookDelayMs: 60_000 });
    await line.people([ana, ion]);
    await line.run();
    await make();
    line.act('ana@acme.test', { kind: 'editFields', mergeFields: { CITY: 'Cluj' } });
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    line.act('ana@acme.test', { kind: 'signUp' });
    const all = await attempts();
    expect(all.map(({ status }) => status)).toEqual(all.map(() => 200));
    const [noted] = await line.engine.rows<{ events: number }>(
      sql`SELECT count(*) AS events FROM export.webhook_event`,
    );
    expect([noted?.events, all.length]).toEqual([3, 9]);
    // It may look as if she had left, and never the other way round; the next read tells.
    await line.people([{ ...ana, first: 'Anna' }, ion]);
    expect((await line.run()).people).toMatchObject({ keptOut: {} });
    expect(await statuses()).toMatchObject({ 'ana@acme.test': 'subscribed' });
  });

  it('is not believed to have left by an event from before what we know', async () => {
    await line.people([ana, ion]);
    await line.run();
    await line.run();
    line.sandbox.control.setModes({ webhookSigning: 'unsigned' });
    await make();
    const secret = await token();
    const before = new Date(Date.now() - 3_600_000);
    expect(await post(secret, event({ type: 'unsubscribe' }, before))).toBe(200);
    expect(await statuses()).toMatchObject({ 'ana@acme.test': 'subscribed' });
  });
});

describe('a call', () => {
  const leave = () => event({ type: 'unsubscribe' });

  beforeEach(async () => {
    await line.people([ana, ion]);
    await line.run();
  });

  it('that is not signed as it should be changes nothing', async () => {
    await make();
    const secret = await token();
    const sign = (body: string, with_: string, at = Math.floor(Date.now() / 1000)) => ({
      'x-mailchimp-signature': `t=${at},v1=${createHmac('sha256', with_).update(`${at}.${body}`).digest('hex')}`,
    });
    const body = leave();
    expect(await post(secret, body)).toBe(401);
    expect(await post(secret, body, sign(body, 'a secret that somebody guessed'))).toBe(401);
    expect(await post(secret, body, sign('type=profile', 'x'))).toBe(401);
    expect(await post('somewhere-else', body)).toBe(404);
    expect(await post('', body)).toBe(404);
    expect(await statuses()).toMatchObject({ 'ana@acme.test': 'subscribed' });
  });

  it('that is repeated is harmless within five minutes, and refused after that', async () => {
    await make();
    line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
    await attempts();
    const { token: secret, signature = '', body } = calls.at(-1) as WebhookCall;
    const repeat = () => post(secret, body.toString(), { 'x-mailchimp-signature': signature });
    expect(await repeat()).toBe(200);
    const now = Date.now();
    line.clock = { ...line.clock, now: () => new Date(now + 310_000) };
    expect(await repeat()).toBe(401);
    const [noted] = await line.engine.rows(sql`SELECT count(*) AS events FROM export.webhook_event`);
    expect(noted).toEqual({ events: 1 });
  });

  it('needs no more than the secret part where Mailchimp does not sign', async () => {
    line.sandbox.control.setModes({ webhookSigning: 'unsigned' });
    expect(await make()).toMatchObject({ signed: false });
    const secret = await token();
    expect(await post(`${secret}x`, leave())).toBe(404);
    expect(await post(secret, event({ type: 'unsubscribe', 'data[list_id]': 'another' }))).toBe(200);
    expect(await statuses()).toMatchObject({ 'ana@acme.test': 'subscribed' });
    expect(await post(secret, leave())).toBe(200);
    expect(await statuses()).toMatchObject({ 'ana@acme.test': 'unsubscribed' });
  });

  it.each([
    { signing: 'signed', remembered: ['ana@acme.test'] },
    { signing: 'unsigned', remembered: [] },
  ] as const)(
    'is remembered as leaving for ever when it is $signing: $remembered',
    async ({ signing, remembered }) => {
      line.sandbox.control.setModes({ webhookSigning: signing });
      await make();
      if (signing === 'unsigned') expect(await post(await token(), leave())).toBe(200);
      else {
        line.act('ana@acme.test', { kind: 'unsubscribeSelf' });
        await attempts();
      }
      const known = await line.engine.rows<{ address: string }>(sql`SELECT address FROM export.has_left`);
      expect(known.map(({ address }) => address)).toEqual(remembered);
    },
  );

  it.each([
    ['garbage', 'x'.repeat(10_000), 400],
    ['nothing', '', 400],
    ['JSON', '{"type":"unsubscribe"}', 400],
    ['a type of tomorrow', event({ type: 'renamed' }), 200],
    ['more than anybody has to say', 'x'.repeat(65 * 1024), 413],
  ])('with %s', async (_, body, status) => {
    line.sandbox.control.setModes({ webhookSigning: 'unsigned' });
    await make();
    expect(await post(await token(), body)).toBe(status);
    expect(await statuses()).toMatchObject({ 'ana@acme.test': 'subscribed' });
  });

  it('by GET is answered without a word of what there is', async () => {
    await make();
    const answers = await Promise.all([base, `${base}/nothing`].map((url) => fetch(url)));
    expect(await Promise.all(answers.map(async (answer) => [answer.status, await answer.text()]))).toEqual([
      [200, ''],
      [200, ''],
    ]);
    expect((await fetch(base, { method: 'DELETE' })).status).toBe(405);
  });

  // Promise 1: whoever calls, and whatever they say.
  it('never makes anybody more mailable', async () => {
    line.sandbox.control.setModes({ webhookSigning: 'unsigned' });
    await make();
    const secret = await token();
    const addresses = ['ana@acme.test', 'ion@acme.test', 'new@acme.test', 'gone@acme.test', 'away@acme.test'];
    line.seed(
      { address: 'gone@acme.test', status: 'unsubscribed' },
      { address: 'away@acme.test', status: 'archived' },
    );
    await line.run();
    const strength = (status: string | undefined) =>
      ['subscribed', undefined, 'pending', 'archived', 'cleaned', 'unsubscribed'].indexOf(status);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...addresses),
        fc.constantFrom(...addresses),
        fc.constantFrom('subscribe', 'unsubscribe', 'profile', 'cleaned', 'upemail'),
        fc.constantFrom('unsub', 'delete'),
        fc.integer({ min: -7_200, max: 7_200 }),
        async (address, other, type, action, seconds) => {
          const [before, left] = [await statuses(), await leftPeople()];
          const fields = { type, 'data[email]': address, 'data[action]': action };
          const body = event(
            { ...fields, 'data[new_email]': other, 'data[old_email]': address },
            new Date(Date.now() + seconds * 1000),
          );
          expect(await post(secret, body)).toBe(200);
          const after = await statuses();
          for (const each of addresses)
            expect(strength(after[each]), each).toBeGreaterThanOrEqual(strength(before[each]));
          expect(await leftPeople()).toEqual(expect.arrayContaining(left));
        },
      ),
      { numRuns: 40 },
    );
  });

  const leftPeople = async () =>
    (await line.engine.rows<{ address: string }>(sql`SELECT address FROM export.has_left`)).map(
      ({ address }) => address,
    );
});

describe('webhooks', () => {
  it('are listed without their secrets, and removed on both sides', async () => {
    await line.people([ana, ion]);
    await line.run();
    const made = await make();
    const secret = await token();
    const listed = await webhooksOfOurs(line.parts());
    expect(listed).toEqual([made]);
    expect(JSON.stringify([listed, await line.engine.rows(sql`SELECT * FROM export.webhook`)])).not.toContain(
      secret,
    );
    expect(await removeWebhook(line.parts(), made.id ?? '')).toBe(true);
    expect(await webhooksOfOurs(line.parts())).toEqual([]);
    expect(await post(secret, event({ type: 'profile' }))).toBe(404);
    await expect(removeWebhook(line.parts(), made.id ?? '')).rejects.toMatchObject({
      code: 'webhook_unknown',
    });
  });

  it('whose answer never came are listed, answered, and removed by their address', async () => {
    await line.people([ana, ion]);
    await line.run();
    line.sandbox.control.addFault({
      method: 'POST',
      path: '/webhooks$',
      when: 'after',
      answer: { kind: 'reset' },
    });
    await expect(make()).rejects.toMatchObject({ kind: 'remote' });
    const listed = await webhooksOfOurs(line.parts());
    expect(listed).toMatchObject([{ id: null, url: base, there: true }]);
    expect(await post(await token(), event({ type: 'profile' }))).toBe(200);
    expect(await removeWebhook(line.parts(), base)).toBe(true);
    expect(await webhooksOfOurs(line.parts())).toEqual([]);
  });

  it('that Mailchimp refuses are not kept', async () => {
    line.sandbox.control.addFault({
      method: 'POST',
      path: '/webhooks$',
      answer: { kind: 'status', status: 400 },
    });
    await expect(make()).rejects.toThrow();
    expect(await webhooksOfOurs(line.parts())).toEqual([]);
  });

  it('are asked for what people and Mailchimp’s own pages do, not for what programs do', async () => {
    await make();
    const answer = await fetch(`${line.sandbox.apiRoot}/lists/${audienceId}/webhooks`, {
      headers: { authorization: `Bearer ${line.sandbox.apiKey}` },
    });
    const { webhooks } = (await answer.json()) as { webhooks: unknown[] };
    expect(webhooks).toMatchObject([
      {
        events: {
          subscribe: true,
          unsubscribe: true,
          profile: true,
          cleaned: true,
          upemail: true,
          campaign: false,
        },
        sources: { user: true, admin: true, api: false },
      },
    ]);
  });

  it.each([
    'ftp://acme.test/hook',
    'acme.test',
    'https://acme.test/hook?secret=1',
    'https://me:pw@acme.test/hook',
  ])('do not go to %s', async (url) => {
    const made = makeWebhook(line.parts(), key, { export: 'news', url, by: 'test' });
    await expect(made).rejects.toMatchObject({ code: 'webhook_url' });
  });
});
