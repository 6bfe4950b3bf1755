/**
 * Ten minutes (`--minutes N`) of everything at once: files that change, refreshes, runs, pages that look, undo. At the end the
 * server's memory must be where it was after it had warmed up, every task must have ended, and nothing unforeseen have been
 * thrown. `npm run soak` prints the figures; exit code 1 where one of these does not hold.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { freePort } from '../test/support/free-port.ts';
import { apiKey, audience, writeNewsletterWorkspace } from '../test/support/newsletter-workspace.ts';
import { csvOf, dirtyRows } from '../test/support/people-rows.ts';
import { Postrider } from '../test/support/postrider-process.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const lasts = Number(values.minutes) * 60_000;

const folder = await mkdtemp(join(tmpdir(), 'postrider-soak-'));
const sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 20 } });
sandbox.control.createAudience({ id: audience, name: 'Shop' });
const all = dirtyRows(6_000);
const write = (from: number) => writeFile(join(folder, 'people.csv'), csvOf(all.slice(from, from + 5_000)));
await write(0);
const port = await freePort();
const postrider = new Postrider(join(folder, 'data'), {
  MAILCHIMP_BASE_URL: sandbox.apiRoot,
  MAILCHIMP_API_KEY: apiKey,
  POSTRIDER_OWNER_EMAIL: 'owner@acme.test',
  POSTRIDER_OWNER_PASSWORD: 'gray otter under bridge',
});
await postrider.do('apply', await writeNewsletterWorkspace(folder));
const server = postrider.start(['serve', '--quiet', '--port', String(port)]);
while (!server.stdout.includes('Postrider listens at')) await sleep(100);
const scopes = 'look,look.people,segments.edit,exports.run,refresh.run,brakes.release';
const { token } = await postrider.json<{ token: string }>('tokens', 'make', 'soak', '--scopes', scopes);

interface Answer {
  id: string;
  status: string;
  items: { id: string; status: string }[];
}
async function call(path: string, body?: object): Promise<Answer | undefined> {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const init = body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) };
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1${path}`, { headers, ...init });
  const text = await answer.text();
  if (answer.status >= 500) failures.push(`${path}: ${answer.status} ${text}`);
  return answer.ok && text !== '' ? (JSON.parse(text) as Answer) : undefined;
}

const failures: string[] = [];
const memory: number[] = [];
const began = Date.now();
const goesOn = () => Date.now() - began < lasts;
const ended = new Map<string, number>();
let looks = 0;

async function until(task: Answer | undefined): Promise<void> {
  if (task === undefined) return;
  for (;;) {
    const now = await call(`/tasks/${task.id}`);
    if (now === undefined || !/queued|running|retrying/.test(now.status)) {
      ended.set(now?.status ?? 'gone', (ended.get(now?.status ?? 'gone') ?? 0) + 1);
      return;
    }
    await sleep(100);
  }
}

/** Files change and everything is brought up to date, over and over. */
async function work(): Promise<void> {
  for (let round = 0; goesOn(); round++) {
    await write((round * 37) % 1_000);
    await until(await call('/refresh', { until: 'segments' }));
    await until(await call('/exports/newsletter/run', {}));
  }
}

/** People look at pages meanwhile, and write rules. */
async function look(): Promise<void> {
  const rules = { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }] };
  while (goesOn()) {
    for (const path of ['/exports', '/segments', '/tasks', '/segments/romania/members?limit=100', '/runs'])
      await call(path);
    await call('/segments/look-ahead', { rules });
    await call('/people/list', { limit: 100, search: 'person1' });
    looks += 7;
    await sleep(20);
  }
}

async function measure(): Promise<void> {
  while (goesOn()) {
    await sleep(Math.min(5_000, lasts / 40));
    const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
    memory.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
}

try {
  await Promise.all([work(), look(), measure()]);
  const median = (part: number[]) =>
    part.toSorted((one, other) => one - other)[Math.floor(part.length / 2)] ?? 0;
  const quarter = Math.floor(memory.length / 4);
  const [warm, last] = [median(memory.slice(quarter, 2 * quarter)), median(memory.slice(-quarter))];
  server.terminate();
  const end = await server.end;
  const thrown = /unhandled|uncaught|"code":"bug"/i.test(end.stderr);
  console.log(
    `${values.minutes} minutes, ${looks} requests that look, tasks: ${JSON.stringify(Object.fromEntries(ended))}`,
  );
  console.log(`memory of the server: ${warm.toFixed(0)} MB warm, ${last.toFixed(0)} MB at the end`);
  const troubles = [
    ...failures.slice(0, 5),
    ...(thrown ? [`thrown: ${end.stderr.slice(-2000)}`] : []),
    ...(last > warm * 1.15 + 20 ? ['memory grew'] : []),
    ...(end.code === 0 ? [] : [`it ended with ${end.code}`]),
  ];
  for (const trouble of troubles) console.log(`✗ ${trouble}`);
  process.exitCode = troubles.length === 0 ? 0 : 1;
} finally {
  await server.kill();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}
