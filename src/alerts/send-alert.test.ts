import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterEach, describe, expect, it } from 'vitest';
import { sendAlert, type Alert, type AlertSettings } from './send-alert.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const alert: Alert = {
  event: 'stopped',
  subject: 'export newsletter',
  title: 'A brake stopped export newsletter',
  text: '40 % of the audience would leave <all> & more.',
  code: 'too_many_leavers',
  link: 'https://postrider.test/exports/newsletter',
  at: new Date('2026-11-25T09:00:00Z'),
};

async function mailServer(refuse = false) {
  const mails: { to: string[]; from: string; text: string }[] = [];
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    onRcptTo: (_, __, done) => done(refuse ? new Error('550 nobody here') : null),
    onData(stream, session, done) {
      let text = '';
      stream.setEncoding('utf8');
      stream.on('data', (part: string) => (text += part));
      stream.on('end', () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          to: rcptTo.map(({ address }) => address),
          from: mailFrom === false ? '' : mailFrom.address,
          text,
        });
        done();
      });
    },
  });
  const listener = server.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  closing.push(() => new Promise((resolve) => server.close(() => resolve(undefined))));
  const { port } = listener.address() as AddressInfo;
  const mail = { smtpUrl: `smtp://127.0.0.1:${port}`, from: 'postrider@acme.test' };
  return { mails, settings: { mail, hosts: [] } satisfies AlertSettings };
}

async function hook() {
  const calls: { headers: IncomingHttpHeaders; body: string }[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      calls.push({ headers: request.headers, body });
      response.end('ok');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  return { calls, url: `http://localhost:${(server.address() as AddressInfo).port}/x` };
}

const local: AlertSettings = { mail: undefined, hosts: ['localhost'] };

describe('sendAlert', () => {
  it('sends mail over a real server, to everybody who is named', async () => {
    const { mails, settings } = await mailServer();
    await sendAlert({ kind: 'email', to: ['ana@acme.test', 'ion@acme.test'] }, alert, settings);
    expect(mails).toHaveLength(1);
    expect(mails[0]).toMatchObject({ to: ['ana@acme.test', 'ion@acme.test'], from: 'postrider@acme.test' });
    expect(mails[0]?.text).toContain('Subject: Postrider: A brake stopped export newsletter');
    expect(mails[0]?.text).toContain('Auto-Submitted: auto-generated');
    expect(mails[0]?.text).toContain('https://postrider.test/exports/newsletter');
  });

  it('says that the mail server did not take it', async () => {
    const { settings } = await mailServer(true);
    await expect(sendAlert({ kind: 'email', to: ['ana@acme.test'] }, alert, settings)).rejects.toMatchObject({
      code: 'mail_refused',
      retry: 'later',
    });
  });

  it('says that nobody said how mail is sent', async () => {
    await expect(sendAlert({ kind: 'email', to: ['ana@acme.test'] }, alert, local)).rejects.toMatchObject({
      code: 'mail_absent',
    });
  });

  it('speaks to Slack in its own signs', async () => {
    const { calls, url } = await hook();
    await sendAlert({ kind: 'slack', url }, alert, local);
    const { text } = JSON.parse(calls[0]?.body ?? '') as { text: string };
    expect(text).toContain('40 % of the audience would leave &lt;all&gt; &amp; more.');
    expect(text).toContain('<https://postrider.test/exports/newsletter>');
  });

  it('signs what it tells a program, so that the program can tell us from others', async () => {
    const { calls, url } = await hook();
    await sendAlert({ kind: 'webhook', url, secret: 'a secret of our own' }, alert, local);
    const { headers, body = '' } = calls[0] ?? {};
    const [, t = '', v1 = ''] =
      /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(headers?.['x-postrider-signature'])) ?? [];
    expect(v1).toBe(createHmac('sha256', 'a secret of our own').update(`${t}.${body}`).digest('hex'));
    expect(JSON.parse(body)).toMatchObject({ event: 'stopped', code: 'too_many_leavers' });
  });
});
