import { cp, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { FaultSettings } from '../src/sandbox/faults.ts';
import type { SandboxModes } from '../src/sandbox/modes.ts';
import type { RequestRecord } from '../src/sandbox/request-log.ts';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { apiKey, audience, wantedOf, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, peopleOfRows } from './support/people-rows.ts';
import { documentOf, Postrider, type Ended, type RunningCommand } from './support/postrider-process.ts';
import { expectRunDocument, sum, untilDone, type RunDocument } from './support/run-document.ts';
import { byAddress, fold, timeless, wholeAudience } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

/** Answers take this long, so that a kill finds requests on their way. */
const latencyMs = 300;
const env = { MAILCHIMP_API_KEY: apiKey, MAILCHIMP_DEADLINE_S: '1', MAILCHIMP_MAX_REQUESTS: '2' };

const secondAudience = 'second0001';
const secondExport = `  second:
    { connection: account, audience: "${secondAudience}", match: { email: email }, segments: [romania] }
`;

/**
 * Promise 5: killed at any instant, or in any trouble with the other side, the next start goes on and the audience ends
 * exactly as a run that nothing happened to leaves it. New people get a confirmation mail here: a second one would show.
 */
describe('a run that is cut off', { timeout: 120_000 }, async () => {
  const folder = await workFolder();
  // Without addresses that Mailchimp takes for fakes: those stay unknown, so they may be sent twice.
  const rows = dirtyRows(6000).filter(({ email }) => !email.endsWith('@example.com'));
  const wanted = wantedOf(peopleOfRows(rows));
  const sandboxes: Sandbox[] = [];
  const undisturbed = new Map<SandboxModes['tags'], Undisturbed>();
  let worlds = 0;

  beforeAll(async () => {
    await writeFile(join(folder, 'people.csv'), csvOf(rows));
    const postrider = new Postrider(join(folder, 'refreshed'), env);
    const withConfirmation = (text: string) => `${text}    newContacts: pending\n${secondExport}`;
    await postrider.do('apply', await writeNewsletterWorkspace(folder, withConfirmation));
    await postrider.do('refresh');
  });
  afterEach(async () => {
    for (const sandbox of sandboxes.splice(0)) await sandbox.close();
  });

  /** An audience with contacts of another tool, and a data folder that is refreshed and has never run. */
  async function newWorld(tags: SandboxModes['tags']): Promise<{ sandbox: Sandbox; postrider: Postrider }> {
    const sandbox = await startSandbox({
      apiKey,
      modes: { tags },
      latency: { kind: 'fixed', ms: latencyMs },
    });
    sandboxes.push(sandbox);
    sandbox.control.createAudience({ id: audience, name: 'Shop' });
    const statuses = ['subscribed', 'subscribed', 'transactional', 'unsubscribed'] as const;
    const real = wanted.filter(({ email }) => fold(email).endsWith('@shop.test'));
    const held = real.slice(0, 1200).filter((_, index) => index % 2 === 0);
    sandbox.control.seedMembers({
      audience,
      members: held.map(({ email, fields }, index) => ({
        address: fold(email),
        status: statuses[index % statuses.length],
        tags: ['Old tool'],
        mergeFields: index % 8 === 1 ? fields : { FNAME: 'Held' },
      })),
    });
    const data = join(folder, `world-${worlds++}`);
    await cp(join(folder, 'refreshed'), data, { recursive: true });
    return { sandbox, postrider: new Postrider(data, { ...env, MAILCHIMP_BASE_URL: sandbox.apiRoot }) };
  }

  const heldBy = (sandbox: Sandbox) => byAddress(wholeAudience(sandbox, audience), timeless);

  /** What a run leaves behind that nothing happens to. */
  async function undisturbedRun(tags: SandboxModes['tags']): Promise<Undisturbed> {
    const known = undisturbed.get(tags);
    if (known !== undefined) return known;
    const { sandbox, postrider } = await newWorld(tags);
    const run = await postrider.json<RunDocument>('run', 'newsletter');
    const result = { run, held: heldBy(sandbox), written: peopleWritten(sandbox) };
    undisturbed.set(tags, result);
    return result;
  }

  /** The same audience, the same counts, and nobody mailed twice. */
  async function expectAsUndisturbed(
    tags: SandboxModes['tags'],
    sandbox: Sandbox,
    run: RunDocument,
  ): Promise<void> {
    const { failure: _last, ...document } = run as RunDocument & { failure?: unknown };
    expectRunDocument(document);
    const expected = await undisturbedRun(tags);
    expect(heldBy(sandbox)).toEqual(expected.held);
    const mails = [...wholeAudience(sandbox, audience).values()].map((member) => member.confirmationMails);
    expect(Math.max(...mails)).toBe(1);
    expect.soft(run.people).toEqual(expected.run.people);
    expect.soft(run.changes).toEqual(expected.run.changes);
  }

  async function expectNothingLeftToDo(sandbox: Sandbox, postrider: Postrider): Promise<void> {
    sandbox.control.resetCounters();
    const again = await postrider.json<RunDocument>('run', 'newsletter');
    expect(again).toMatchObject({ status: 'succeeded', people: { add: 0, update: 0, leave: 0, failed: {} } });
    expect(sandbox.control.counters().writes).toBe(0);
  }

  it('has something to lose: thousands of people, in every way of changing them', async () => {
    const { run } = await undisturbedRun('applied');
    expectRunDocument(run);
    expect(run.people.add).toBeGreaterThan(2000);
    expect(run.people.update).toBeGreaterThan(300);
    expect(run.people.keptOut.unsubscribed).toBeGreaterThan(100);
    expect(run.changes.tag).toBeGreaterThan(run.people.add);
  });

  const onBatches = (fault: Omit<FaultSettings, 'method' | 'path'>): FaultSettings => ({
    ...fault,
    method: 'POST',
    path: `^/lists/${audience}$`,
  });
  const firstRead = nth(1, (request) => request.method === 'GET' && request.path.includes('/members'));
  const tagMade = nth(1, (request) => request.method === 'POST' && request.path.includes('/segments'));
  const batch = (number: number) => nth(number, (request) => isBatch(request));
  const tagCall = (number: number) => nth(number, (request) => /\/segments\/\d+/.test(request.path));

  it.each<{ when: string; tags: SandboxModes['tags']; moments: Moment[] }>([
    {
      when: 'while it reads, as it makes a tag, and three times among its batches',
      tags: 'applied',
      moments: [firstRead, tagMade, batch(2), answered(batch(1)), batch(1)],
    },
    {
      when: 'as it gives tags by calls of their own',
      tags: 'ignored',
      moments: [answered(batch(7)), tagCall(3)],
    },
  ])('is finished by the next start when it is killed $when', async ({ tags, moments }) => {
    const { sandbox, postrider } = await newWorld(tags);
    let written = 0;
    for (const moment of moments) {
      written += peopleWritten(sandbox);
      sandbox.control.resetCounters();
      const running = postrider.start(['run', 'newsletter', '--json']);
      await reached(sandbox, moment, running);
      const killed = await running.kill();
      // Mailchimp carries out what has reached it.
      await vi.waitFor(() => expect(sandbox.control.counters().inFlight).toBe(0), { timeout: 20_000 });
      expect(killed).toMatchObject({ signal: 'SIGKILL', stdout: '' });
      expect.soft(sandbox.control.counters().maxInFlight).toBeLessThanOrEqual(2);
    }
    // It goes on with the plan it began, and makes no other one meanwhile.
    const refused = await postrider.run(['plan', 'newsletter', '--json']);
    expect(documentOf(refused)).toMatchObject({ error: { code: 'run_unfinished' } });
    sandbox.control.setLatency({ kind: 'none' });
    const run = await postrider.json<RunDocument>('run', 'newsletter');
    expect(run).toMatchObject({ status: 'succeeded', people: { failed: {} } });
    await expectAsUndisturbed(tags, sandbox, run);
    expect(written + peopleWritten(sandbox)).toBe((await undisturbedRun(tags)).written);
    await expectNothingLeftToDo(sandbox, postrider);
  });

  const onTagCalls = (fault: Omit<FaultSettings, 'method' | 'path'>): FaultSettings => ({
    ...fault,
    method: 'POST',
    path: String.raw`/segments/\d+$`,
  });

  it.each<{ trouble: string; tags: SandboxModes['tags']; faults: FaultSettings[] }>([
    {
      trouble: 'too many requests, for reads and for writes',
      tags: 'applied',
      faults: [
        { method: 'GET', times: 3, answer: { kind: 'status', status: 429, body: 'problem' } },
        { method: 'POST', times: 4, answer: { kind: 'status', status: 429, body: 'problem' } },
      ],
    },
    {
      trouble: 'requests that are lost on the way there',
      tags: 'applied',
      faults: [
        onBatches({ answer: { kind: 'status', status: 500, body: 'problem' } }),
        onBatches({ answer: { kind: 'reset' } }),
        onBatches({ answer: { kind: 'status', status: 502, body: 'html' } }),
        { method: 'GET', times: 2, answer: { kind: 'status', status: 502, body: 'html' } },
      ],
    },
    {
      trouble: 'answers that are lost on the way back',
      tags: 'applied',
      faults: [
        onBatches({ when: 'after', answer: { kind: 'status', status: 500, body: 'problem' } }),
        onBatches({ when: 'after', times: 2, answer: { kind: 'reset' } }),
        onBatches({ when: 'after', answer: { kind: 'status', status: 502, body: 'html' } }),
        { method: 'GET', when: 'after', times: 2, answer: { kind: 'reset' } },
      ],
    },
    {
      trouble: 'tag calls that are lost either way',
      tags: 'ignored',
      faults: [
        onTagCalls({ answer: { kind: 'status', status: 502, body: 'html' } }),
        onTagCalls({ when: 'after', answer: { kind: 'reset' } }),
        onTagCalls({ when: 'after', answer: { kind: 'status', status: 500, body: 'problem' } }),
      ],
    },
  ])('ends the same under $trouble', async ({ tags, faults }) => {
    const { sandbox, postrider } = await newWorld(tags);
    sandbox.control.setLatency({ kind: 'fixed', ms: 20 });
    for (const fault of faults) sandbox.control.addFault(fault);
    const run = await untilDone(postrider, 4);
    for (const fault of sandbox.control.faults()) expect(fault.hits, JSON.stringify(fault)).toBe(fault.times);
    await expectAsUndisturbed(tags, sandbox, run);
    expect(peopleWritten(sandbox)).toBe((await undisturbedRun(tags)).written);
  });

  it('leaves slots to the requests of a process that was killed, whatever is asked next', async () => {
    const { sandbox, postrider } = await newWorld('applied');
    sandbox.control.createAudience({ id: secondAudience, name: 'Second' });
    const patient = { MAILCHIMP_DEADLINE_S: '60' };
    sandbox.control.addFault(onBatches({ times: null, answer: { kind: 'delay', ms: 60_000 } }));
    const running = postrider.start(['run', 'newsletter', '--json'], patient);
    await reached(sandbox, batch(2), running);
    await running.kill();

    // The two batches run on in Mailchimp: of three slots one is free for another export of the account.
    sandbox.control.resetCounters();
    const next = await postrider.run(['plan', 'second'], { ...patient, MAILCHIMP_MAX_REQUESTS: '3' });
    expect(next.stdout).toContain('nothing has been sent');
    const { inFlight, maxInFlight } = sandbox.control.counters();
    expect(inFlight, 'the batches still run').toBe(2);
    expect(maxInFlight).toBeLessThanOrEqual(3);
  });

  it('goes on after a cancelled run with what that one left out', async () => {
    const { sandbox, postrider } = await newWorld('applied');
    const running = postrider.start(['run', 'newsletter', '--json']);
    await reached(sandbox, batch(2), running);
    running.interrupt();
    const cancelled = await running.end;
    expect(cancelled.code).toBe(1);
    const document = documentOf<RunDocument>(cancelled);
    expectRunDocument(document);
    expect(document.status).toBe('cancelled');
    expect(document.people.failed.not_sent).toBeGreaterThan(500);

    const rest = await postrider.json<RunDocument>('run', 'newsletter');
    expect(rest.people.add).toBeGreaterThan(0);
    const expected = await undisturbedRun('applied');
    expect(document.people.add + rest.people.add).toBe(expected.run.people.add);
    expect(heldBy(sandbox)).toEqual(expected.held);
    expect(
      rest.people.unchanged + rest.people.add + rest.people.update + sum(rest.people.keptOut),
    ).toBeGreaterThan(2000);
  });
});

/** What a run leaves behind that nothing happened to. */
interface Undisturbed {
  run: RunDocument;
  held: unknown;
  written: number;
}

/** People in the batches that Mailchimp carried out since its log was emptied, one sent twice counted twice. */
function peopleWritten(sandbox: Sandbox): number {
  const batches = sandbox.control.requests({ limit: 5000 }).filter(isBatch);
  return batches.reduce((total, request) => total + request.members, 0);
}

/** A state of the request log to wait for. */
type Moment = (requests: readonly RequestRecord[]) => RequestRecord | undefined | 'answered';

function nth(number: number, is: (request: RequestRecord) => boolean): Moment {
  return (requests) => requests.filter(is)[number - 1];
}

/** The same request, once it has its answer. */
function answered(moment: Moment): Moment {
  return (requests) => {
    const request = moment(requests);
    return request !== undefined && request !== 'answered' && request.outcome === 'answered'
      ? 'answered'
      : undefined;
  };
}

function isBatch(request: RequestRecord): boolean {
  return request.method === 'POST' && request.path.split('?')[0] === `/lists/${audience}`;
}

/** Waits for the moment; a command that ends before it makes the test fail. */
async function reached(sandbox: Sandbox, moment: Moment, running: RunningCommand): Promise<void> {
  let ended: Ended | undefined;
  void running.end.then((how) => (ended = how));
  while (moment(sandbox.control.requests({ limit: 5000 })) === undefined) {
    if (ended !== undefined) throw new Error(`ended before the moment came:\n${ended.stdout}${ended.stderr}`);
    await sleep(5);
  }
}
