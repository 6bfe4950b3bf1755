import { readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { freePort } from './support/free-port.ts';
import { apiKey, audience, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows } from './support/people-rows.ts';
import { documentOf, Postrider, type Ended, type RunningCommand } from './support/postrider-process.ts';
import { makeToken, ownerVariables, startServer } from './support/running-server.ts';
import { workFolder } from './support/work-folder.ts';

/** The product as it runs for months: a server, and a command line that talks to it. */
describe('postrider serve', { timeout: 60_000 }, async () => {
  const folder = await workFolder();
  const data = join(folder, 'data');
  let sandbox: Sandbox;
  let environment: Record<string, string>;
  let postrider: Postrider;
  let workspace: string;
  let port: number;
  let server: RunningCommand;

  async function serve(): Promise<RunningCommand> {
    const started = postrider.start(['serve', '--port', String(port)]);
    await started.untilSays('Postrider listens at');
    return started;
  }

  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({ id: audience, name: 'Shop' });
    await writeFile(join(folder, 'people.csv'), csvOf(dirtyRows(300)));
    workspace = await writeNewsletterWorkspace(folder);
    environment = {
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
      // One after the other, so that a run takes long enough to be interrupted.
      MAILCHIMP_MAX_REQUESTS: '1',
    };
    postrider = new Postrider(data, environment);
    port = await freePort();
    server = await serve();
  });
  afterAll(async () => {
    await server.kill();
    await sandbox.close();
  });

  /** Slow answers from now on; resolves when more people have been sent than at the time of the call. */
  function slowlySending(): () => Promise<void> {
    sandbox.control.setLatency({ kind: 'fixed', ms: 400 });
    const sending = () => sandbox.control.requests({}).filter(({ method }) => method === 'POST').length;
    const before = sending();
    return () => expect.poll(sending, { timeout: 20_000 }).toBeGreaterThan(before);
  }

  it('says where it is, and how the first owner comes in', () => {
    expect(server.stdout).toMatch(
      new RegExp(
        `^Postrider listens at http://127\\.0\\.0\\.1:${port}\nThere is no owner yet.*\n  http://127\\.0\\.0\\.1:${port}/owner#`,
      ),
    );
  });

  it('leaves the way in for the command line to whoever may read the data folder', async () => {
    expect((await stat(join(data, 'server.json'))).mode & 0o777).toBe(0o600);
    const call = (headers: Record<string, string>) =>
      fetch(`http://127.0.0.1:${port}/local/call`, {
        method: 'POST',
        headers: { 'content-type': 'application/octet-stream', ...headers },
        body: 'x',
      });
    const { secret } = JSON.parse(await readFile(join(data, 'server.json'), 'utf8')) as { secret: string };
    expect((await call({})).status).toBe(401);
    expect((await call({ authorization: 'Local wrong' })).status).toBe(401);
    // Asked before the body is looked at, which can be large.
    expect((await call({ 'content-type': 'text/plain' })).status).toBe(401);
    const fromPage = { authorization: `Local ${secret}`, origin: 'https://evil.test' };
    expect((await call(fromPage)).status).toBe(401);
  });

  it('lets nobody else have the data folder, and says who has it', async () => {
    const second = await postrider.run(['serve', '--port', String(await freePort())]);
    expect(second).toMatchObject({ code: 1 });
    expect(second.stderr).toContain('(data_in_use)');
  });

  it('has nobody stand by who is told to end', async () => {
    const standby = postrider.start(['serve', '--standby', '--port', String(await freePort())]);
    await standby.untilSays('Standing by');
    standby.terminate();
    const { code, stderr } = await standby.end;
    expect(stderr).not.toMatch(/bug|✗/);
    expect(code).toBe(0);
  });

  describe('the command line beside it', () => {
    it('applies a file with variables of its own environment, and refreshes', async () => {
      const applied = await postrider.run(['apply', workspace], { MAILCHIMP_API_KEY: apiKey });
      expect(applied.code, applied.stderr).toBe(0);
      expect(applied.stdout).toContain('newsletter');
      const without = await postrider.run(['apply', workspace]);
      expect(without).toMatchObject({ code: 2 });
      expect(without.stderr).toContain('MAILCHIMP_API_KEY');
      await postrider.do('refresh', '--until', 'segments');
    });

    it('plans and runs, with the same exit codes and documents', async () => {
      const planned = await postrider.do('plan', 'newsletter', '--json');
      const plan = documentOf<{ run: string; people: { add: number } }>(planned);
      const csv = await postrider.do('plan', 'newsletter', '--show', plan.run, '--csv');
      expect(csv.stdout.split('\n').length).toBeGreaterThan(plan.people.add);
      const ran = await postrider.do('run', 'newsletter', '--plan', plan.run, '--json');
      expect(documentOf(ran)).toMatchObject({ run: plan.run, status: 'succeeded' });
    });

    it('stops at a brake with exit code 3, and releases it', async () => {
      await writeFile(join(folder, 'people.csv'), csvOf(dirtyRows(60)));
      await postrider.do('refresh', '--until', 'segments');
      const stopped = await postrider.run(['run', 'newsletter', '--json']);
      expect(stopped.code).toBe(3);
      const { run } = documentOf<{ run: string }>(stopped);
      expect((await postrider.run(['release', run, 'the shop is smaller now'])).code).toBe(0);
    });

    it.each([
      [['run', 'newsleter'], 2, 'export_unknown'],
      [['segments', 'romnia'], 2, 'segment_unknown'],
      [['runs', 'r23456789'], 2, 'run_unknown'],
    ])('says of %j what it says without a server', async (args, code, name) => {
      const ended = await postrider.run(args);
      expect(ended).toMatchObject({ code, stdout: '' });
      expect(ended.stderr).toContain(`(${name})`);
    });

    it('ends what it asked for when Ctrl-C is pressed, and says how far it got', async () => {
      await writeFile(join(folder, 'people.csv'), csvOf(dirtyRows(9_000)));
      await postrider.do('refresh', '--until', 'segments');
      const sent = slowlySending();
      const running = postrider.start(['run', 'newsletter', '--json']);
      await sent();
      running.interrupt();
      const ended = await running.end;
      sandbox.control.setLatency({ kind: 'none' });
      expect(ended.code).toBe(1);
      expect(documentOf(ended)).toMatchObject({ status: 'cancelled' });
    });

    it('cancels from another terminal what goes on in the server', async () => {
      const sent = slowlySending();
      const running = postrider.start(['run', 'newsletter', '--json']);
      await sent();
      const cancelled = await postrider.do('cancel', 'newsletter');
      sandbox.control.setLatency({ kind: 'none' });
      expect(cancelled.stdout).toMatch(/people reached; [\d,]+ not sent/);
      expect((await running.end).code).toBe(1);
    });
  });

  it('makes no token where there is no owner', async () => {
    const ended = await postrider.run(['tokens', 'make', 'test', '--scopes', 'exports.run,look']);
    expect(ended).toMatchObject({ code: 2, stdout: '' });
  });

  it('ends what a command waits for when it is asked to end, and the command says so', async () => {
    const sent = slowlySending();
    const running = postrider.start(['run', 'newsletter', '--json']);
    await sent();
    server.terminate();
    expect((await server.end).code).toBe(0);
    expect(documentOf(await running.end)).toMatchObject({ status: 'cancelled' });
    await expect(stat(join(data, 'server.json'))).rejects.toThrow('ENOENT');
    sandbox.control.setLatency({ kind: 'none' });
    server = await serve();
  });

  it('writes a log of requests with nobody’s address and no secret in it', async () => {
    await fetch(`http://127.0.0.1:${port}/api/v1/people/find?who=somebody%40shop.test`);
    await expect.poll(() => server.stderr).toContain('"route":');
    const all: Ended[] = [...postrider.ended];
    const said = [
      server.stderr,
      ...all.filter(({ args }) => args[0] === 'serve').map(({ stderr }) => stderr),
    ];
    expect(said.join('')).not.toMatch(/@shop\.test|somebody|5ec2e7c0ffee/);
  });

  it('is gone without a trace that would mislead the command line when it was killed', async () => {
    await server.kill();
    const listed = await postrider.do('segments');
    expect(listed.stdout).toContain('Romanian customers');
  });

  it('parks a task when it is asked to end, and goes on with it at the next start', async () => {
    const owned = new Postrider(data, { ...environment, ...ownerVariables });
    const first = await startServer(owned);
    onTestFinished(async () => void (await first.running.kill()));
    await first.works();
    const token = await makeToken(owned, 'look,exports.run');
    const sent = slowlySending();
    const begun = await first.call(token, '/exports/newsletter/run', {});
    const { id } = (await begun.json()) as { id: string };
    await sent();
    first.running.terminate();
    expect((await first.running.end).code).toBe(0);
    const { membersSent } = sandbox.control.counters();
    sandbox.control.setLatency({ kind: 'none' });
    const second = await startServer(owned);
    onTestFinished(async () => void (await second.running.kill()));
    // Nobody asks for it again: the server itself goes on.
    await second.works();
    const status = async () =>
      ((await (await second.call(token, `/tasks/${id}`)).json()) as { status: string }).status;
    await expect.poll(status, { timeout: 30_000 }).toMatch(/succeeded|warnings/);
    expect(sandbox.control.counters().membersSent).toBeGreaterThan(membersSent);
    const again = documentOf<{ people: { add: number; update: number } }>(
      await postrider.do('run', 'newsletter', '--json'),
    );
    expect(again.people).toMatchObject({ add: 0, update: 0 });
  });
});
