import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { FaultSettings } from '../src/sandbox/faults.ts';
import { memberStatuses } from '../src/sandbox/member.ts';
import { seededRandom } from '../src/sandbox/random.ts';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { expectedAudience } from './support/expected-audience.ts';
import {
  apiKey,
  audience,
  mergeFields,
  wantedOf,
  writeNewsletterWorkspace,
} from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows, peopleOfRows } from './support/people-rows.ts';
import { Postrider, type RunningCommand } from './support/postrider-process.ts';
import { expectRunDocument, untilDone, type RunDocument } from './support/run-document.ts';
import { fold, held, inOrder, wholeAudience } from './support/whole-audience.ts';
import { workFolder } from './support/work-folder.ts';

const kills = 10;
const maxRequests = 5;
const env = {
  MAILCHIMP_API_KEY: apiKey,
  MAILCHIMP_DEADLINE_S: '2',
  MAILCHIMP_MAX_REQUESTS: String(maxRequests),
};

/** Another one each time; a failure names it. */
const seed = Number(process.env.CHAOS_SEED ?? Math.floor(Math.random() * 2 ** 31));

/**
 * Promises 1, 5, 6 and 7 at once: answers that lie, requests that vanish, and a process that dies again and again. What
 * is expected is worked out person by person, with nothing of the product.
 */
describe(`a run of 20,000 people in chaos (CHAOS_SEED=${seed})`, async () => {
  const folder = await workFolder();

  it(
    `ends with exactly the planned audience, whatever failed, after ${kills} kills`,
    { timeout: 400_000 },
    async () => {
      const random = seededRandom(seed);
      const rows = dirtyRows(35_000).filter(({ email }) => !email.endsWith('@example.com'));
      const wanted = wantedOf(peopleOfRows(rows));
      expect(wanted.length).toBeGreaterThan(20_000);
      await writeFile(join(folder, 'people.csv'), csvOf(rows));

      // Tags go by calls of their own, so that there is more to be cut off. The CDN gives up before the server's work ends.
      const modes = { tags: 'ignored', deadlineMs: 1500 } as const;
      const sandbox = await startSandbox({ apiKey, seed, modes });
      onTestFinished(() => sandbox.close());
      const { control } = sandbox;
      control.createAudience({
        id: audience,
        name: 'Shop',
        mergeFields: [{ tag: 'SCORE', name: 'Score', type: 'number' }],
      });
      const known = wanted.filter(() => random() < 0.15);
      control.seedMembers({
        audience,
        members: [
          ...known.map(({ email, fields }) => ({
            address: fold(email),
            status: memberStatuses[Math.floor(random() * memberStatuses.length)],
            tags: ['Old tool'],
            mergeFields: random() < 0.3 ? fields : { FNAME: 'Held', SCORE: 7 },
          })),
          ...Array.from({ length: 1000 }, (_, index) => ({
            address: `foreign${index}@shop.test`,
            tags: ['Old tool'],
          })),
        ],
      });
      const expected = expectedAudience(
        {
          before: wholeAudience(sandbox, audience),
          mergeFields,
          forgotten: new Set(),
          given: new Map(),
          newContacts: 'subscribed',
        },
        wanted,
      );
      // Something of every kind is at stake.
      expect(Math.min(...memberStatuses.map((status) => count(sandbox, status)))).toBeGreaterThan(200);

      const postrider = new Postrider(join(folder, 'data'), { ...env, MAILCHIMP_BASE_URL: sandbox.apiRoot });
      await postrider.do('apply', await writeNewsletterWorkspace(folder));
      await postrider.do('refresh');
      control.setLatency({ kind: 'lognormal', medianMs: 150, sigma: 0.3, maxMs: 200 });
      for (const fault of chaos) control.addFault({ times: null, ...fault });

      for (let killed = 0; killed < kills;) {
        const running = postrider.start(['run', 'newsletter', '--json']);
        await untilWritten(sandbox, 1 + Math.floor(random() * 4), running);
        await sleep(random() * 60);
        const { signal, stdout } = await running.kill();
        expect(signal, `ended before kill ${killed + 1}: ${stdout}`).toBe('SIGKILL');
        killed += 1;
      }

      const run = await untilDone(postrider, 5);
      const { failure: _last, ...document } = run;
      expectRunDocument(document);
      expect(run.people.failed).toEqual({});
      expect(control.faults().reduce((hits, fault) => hits + fault.hits, 0)).toBeGreaterThan(20);
      expect(held(sandbox, audience)).toEqual(inOrder(expected.members));
      expect(control.counters().maxInFlight).toBeLessThanOrEqual(maxRequests);

      control.clearFaults();
      control.setLatency({ kind: 'none' });
      control.resetCounters();
      const again = await postrider.json<RunDocument>('run', 'newsletter');
      const { add, update, unchanged, keptOut, rejected } = expected.people;
      expect(again.people).toMatchObject({
        add: 0,
        update: 0,
        leave: 0,
        unchanged: add + update + unchanged,
        keptOut,
        failed: {},
      });
      expect(rejected).toEqual({});
      expect(control.counters().writes).toBe(0);
    },
  );
});

const writes = String.raw`^/lists/[^/]+$|/segments/\d+$`;

/** What goes wrong, and how often. Only what writes hangs: a read that does holds a slot that no restart knows of. */
const chaos: FaultSettings[] = [
  { method: 'POST', rate: 0.05, answer: { kind: 'status', status: 429, body: 'problem' } },
  { method: 'POST', rate: 0.04, answer: { kind: 'status', status: 500, body: 'problem' } },
  { method: 'POST', rate: 0.04, when: 'after', answer: { kind: 'status', status: 502, body: 'html' } },
  { method: 'POST', rate: 0.04, answer: { kind: 'status', status: 503, body: 'html' } },
  { method: 'POST', rate: 0.03, answer: { kind: 'status', status: 403, body: 'html' } },
  { method: 'POST', rate: 0.04, answer: { kind: 'reset' } },
  { method: 'POST', rate: 0.04, when: 'after', answer: { kind: 'reset' } },
  { method: 'POST', path: writes, rate: 0.06, answer: { kind: 'delay', ms: 1550 } },
  { method: 'POST', rate: 0.05, answer: { kind: 'cut' } },
  { method: 'GET', rate: 0.01, answer: { kind: 'status', status: 429, body: 'problem' } },
  { method: 'GET', rate: 0.02, answer: { kind: 'status', status: 502, body: 'html' } },
  { method: 'GET', rate: 0.02, when: 'after', answer: { kind: 'reset' } },
  { method: 'GET', rate: 0.02, answer: { kind: 'cut' } },
];

function count(sandbox: Sandbox, status: (typeof memberStatuses)[number]): number {
  return sandbox.control.audienceState({ audience, status, count: 0 }).total;
}

/** Waits until Mailchimp has received so many more writes, or the command has ended. */
async function untilWritten(sandbox: Sandbox, more: number, running: RunningCommand): Promise<void> {
  const received = () => sandbox.control.counters().byMethod.POST ?? 0;
  const goal = received() + more;
  const over = running.end.then(() => 'over' as const);
  while (received() < goal && (await Promise.race([over, sleep(5)])) !== 'over');
}
