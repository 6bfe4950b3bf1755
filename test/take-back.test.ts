import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startSandbox, type Sandbox } from '../src/sandbox/sandbox.ts';
import { apiKey, audience, writeNewsletterWorkspace } from './support/newsletter-workspace.ts';
import { csvOf, dirtyRows } from './support/people-rows.ts';
import { documentOf, Postrider } from './support/postrider-process.ts';
import { sum, type RunDocument } from './support/run-document.ts';
import { workFolder } from './support/work-folder.ts';

type Cancelled = RunDocument & { reached: { people: number; reached: number; notSent: number } };

/** Stopping and taking back, as somebody does it who sees that something is wrong (promises 7, 9, 11). */
describe('a run that should not have been', { timeout: 120_000 }, async () => {
  const folder = await workFolder();
  let sandbox: Sandbox;
  let postrider: Postrider;

  beforeAll(async () => {
    sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({ id: audience, name: 'Shop' });
    // Without addresses that Mailchimp takes for fakes: then whoever was planned is added.
    const rows = dirtyRows(4000).filter(({ email }) => !email.endsWith('@example.com'));
    await writeFile(join(folder, 'people.csv'), csvOf(rows));
    postrider = new Postrider(join(folder, 'data'), {
      MAILCHIMP_API_KEY: apiKey,
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
      MAILCHIMP_MAX_REQUESTS: '1',
    });
    await postrider.do('apply', await writeNewsletterWorkspace(folder));
    await postrider.do('refresh');
  });
  afterAll(() => sandbox.close());

  const statuses = () => {
    const { members } = sandbox.control.audienceState({ audience, count: 10_000 });
    return Map.groupBy(members, ({ status }) => status);
  };

  it('is cancelled from another terminal, taken back, and its export removed', async () => {
    sandbox.control.setLatency({ kind: 'fixed', ms: 400 });
    const plan = await postrider.json<RunDocument>('plan', 'newsletter');
    const running = postrider.start(['run', 'newsletter', '--plan', plan.run, '--json']);
    const over = running.end.then(() => 'over');
    const isSending = () => sandbox.control.counters().membersSent > 0;
    while (!isSending() && (await Promise.race([over, sleep(10)])) !== 'over');
    // From here on the run is slower than any start of another process.
    sandbox.control.setLatency({ kind: 'fixed', ms: 5_000 });
    const cancelled = await postrider.json<Cancelled>('cancel', plan.run);
    const document = documentOf<RunDocument>(await running.end);
    expect(document).toMatchObject({ run: plan.run, status: 'cancelled' });
    expect(cancelled).toMatchObject({ status: 'cancelled', people: document.people });
    const { people, reached, notSent } = cancelled.reached;
    expect(people).toBe(plan.people.add);
    expect(reached).toBe(document.people.add);
    expect(notSent).toBe(document.people.failed.not_sent);
    expect(Math.min(reached, notSent)).toBeGreaterThan(0);
    expect((await postrider.run(['cancel', plan.run])).code).toBe(1);
    sandbox.control.setLatency({ kind: 'none' });

    const rows: Record<string, string>[] = parse((await postrider.do('runs', plan.run, '--csv')).stdout, {
      columns: true,
    });
    const byEnd = Map.groupBy(rows, ({ ended }) => ended);
    expect(byEnd.get('done')).toHaveLength(reached);
    expect(rows.filter(({ reason }) => reason === 'not_sent')).toHaveLength(notSent);
    expect(rows).toHaveLength(plan.people.desired);

    const dry = await postrider.json<RunDocument>('undo', plan.run, '--dry-run');
    const listed: Record<string, string>[] = parse(
      (await postrider.do('plan', 'newsletter', '--show', dry.run, '--csv')).stdout,
      { columns: true },
    );
    expect(listed.filter(({ archived }) => archived === 'yes')).toHaveLength(reached);
    expect(statuses().get('subscribed')).toHaveLength(reached);
    const undone = await postrider.json<RunDocument>('undo', plan.run, '--plan', dry.run);
    expect(undone).toMatchObject({ run: dry.run, undoes: plan.run, status: 'succeeded' });
    expect(undone.people.leave).toBe(reached);
    expect(sum(undone.people.keptOut)).toBe(0);
    expect([...statuses().keys()]).toEqual(['archived']);

    expect(documentOf(await postrider.run(['run', 'newsletter', '--json']))).toMatchObject({
      error: { code: 'export_paused' },
    });
    await postrider.do('resume', 'newsletter');
    expect((await postrider.json<RunDocument>('run', 'newsletter')).people.add).toBe(people);

    expect((await postrider.run(['remove', 'newsletter'])).code).toBe(2);
    const removed = await postrider.json('remove', 'newsletter', '--withdraw-tags', '--yes');
    expect(removed).toMatchObject({ removed: true, people, withdrawn: { status: 'succeeded' } });
    const { members } = sandbox.control.audienceState({ audience, count: 10_000 });
    expect(members.filter(({ tags }) => tags.length > 0)).toEqual([]);
    expect(statuses().get('subscribed')).toHaveLength(people);
    expect(documentOf(await postrider.run(['run', 'newsletter', '--json']))).toMatchObject({
      error: { code: 'export_unknown' },
    });
  });
});
