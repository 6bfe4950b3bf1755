/**
 * Ten minutes (`--minutes N`) of everything at once: files that change, refreshes, runs, pages that look. At the end the server's
 * memory must be where it was after it had warmed up, every task must have ended well or at a brake, every request have been
 * answered, and nothing unforeseen have been thrown. `npm run soak` prints the figures; exit code 1 where one of these does not hold.
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { startSandbox } from '../src/sandbox/sandbox.ts';
import { apiKey, audience, writeNewsletterWorkspace } from '../test/support/newsletter-workspace.ts';
import { csvOf, dirtyRows } from '../test/support/people-rows.ts';
import { Postrider } from '../test/support/postrider-process.ts';
import {
  makeToken,
  ownerVariables,
  startServer,
  type RunningServer,
} from '../test/support/running-server.ts';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '10' } } });
const minutes = Number(values.minutes);
if (!(minutes > 0)) throw new Error(`--minutes must be a number above 0, not "${values.minutes}"`);
const lasts = minutes * 60_000;

const folder = await mkdtemp(join(tmpdir(), 'postrider-soak-'));
const sandbox = await startSandbox({ apiKey, latency: { kind: 'fixed', ms: 20 } });
sandbox.control.createAudience({ id: audience, name: 'Shop' });
const all = dirtyRows(6_000);
const write = (from: number) => writeFile(join(folder, 'people.csv'), csvOf(all.slice(from, from + 5_000)));
const postrider = new Postrider(join(folder, 'data'), {
  MAILCHIMP_BASE_URL: sandbox.apiRoot,
  MAILCHIMP_API_KEY: apiKey,
  ...ownerVariables,
});
let server: RunningServer | undefined;
let token = '';
let refreshed = false;

interface Answer {
  id: string;
  status: string;
  items: { id: string; status: string }[];
}
async function call(path: string, body?: object): Promise<Answer | undefined> {
  const answer = await server?.call(token, path, body);
  const text = (await answer?.text()) ?? '';
  // Pages are looked at before the first refresh too, and say so.
  const early = !refreshed && text.includes('"no_profiles"');
  if (answer?.ok !== true && !early) failures.push(`${path}: ${answer?.status} ${text}`);
  return answer?.ok === true && text !== '' ? (JSON.parse(text) as Answer) : undefined;
}

const failures: string[] = [];
const memory: number[] = [];
let began = 0;
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
    refreshed = true;
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
    const status = readFileSync(`/proc/${server?.running.pid}/status`, 'utf8');
    memory.push(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024);
  }
}

try {
  await write(0);
  await postrider.do('apply', await writeNewsletterWorkspace(folder));
  server = await startServer(postrider, '--quiet');
  await server.works();
  token = await makeToken(postrider, 'look,look.people,segments.edit,exports.run,refresh.run');
  began = Date.now();
  await Promise.all([work(), look(), measure()]);
  const median = (part: number[]) =>
    part.toSorted((one, other) => one - other)[Math.floor(part.length / 2)] ?? 0;
  const quarter = Math.floor(memory.length / 4);
  const [warm, last] = [median(memory.slice(quarter, 2 * quarter)), median(memory.slice(-quarter))];
  server.running.terminate();
  const end = await server.running.end;
  const thrown = /unhandled|uncaught/i.test(end.stderr);
  // The files change by more than a brake lets pass now and then.
  const badly = [...ended].filter(([status]) => !['succeeded', 'warnings', 'stopped'].includes(status));
  console.log(
    `${values.minutes} minutes, ${looks} requests that look, tasks: ${JSON.stringify(Object.fromEntries(ended))}`,
  );
  console.log(`memory of the server: ${warm.toFixed(0)} MB warm, ${last.toFixed(0)} MB at the end`);
  const troubles = [
    ...failures.slice(0, 5),
    ...badly.map(([status, count]) => `tasks that ended as "${status}": ${count}`),
    ...(ended.size === 0 ? ['no task ended'] : []),
    ...(thrown ? [`thrown: ${end.stderr.slice(-2000)}`] : []),
    ...(last > warm * 1.15 + 20 ? ['memory grew'] : []),
    ...(end.code === 0 ? [] : [`it ended with ${end.code}`]),
  ];
  for (const trouble of troubles) console.log(`✗ ${trouble}`);
  process.exitCode = troubles.length === 0 ? 0 : 1;
} finally {
  await server?.running.kill();
  await sandbox.close();
  await rm(folder, { recursive: true, force: true });
}
