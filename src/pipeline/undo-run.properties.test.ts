import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ExportRun } from '../exports/plan.ts';
import { planPeople, type PlanLine } from '../exports/plan-people.ts';
import { TestLine, type TestPerson } from './test-support/test-line.ts';
import { undoRun } from './undo-run.ts';

type Acts = Parameters<TestLine['act']>[1];
type Audience = ReturnType<TestLine['audience']>;

/** One person's life: in the audience before us, in two states of the source, and what happens after the second run. */
interface Life {
  seeded: { fields: Record<string, string>; tags: string[] } | undefined;
  first: Partial<TestPerson> | undefined;
  second: Partial<TestPerson> | undefined;
  act: Acts | undefined;
}

const some = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const word = fc.constantFrom('', 'Ana', 'Ion', 'Ștefan', 'x'.repeat(40));
const row = fc.record({ first: word, city: word, buyer: fc.constantFrom('yes', 'no') });
const life: fc.Arbitrary<Life> = fc.record({
  seeded: some(
    fc.record({
      fields: fc.record({ FNAME: word, LNAME: word }),
      tags: fc.subarray(['VIP', 'Everyone']),
    }),
  ),
  first: some(row),
  second: some(row),
  act: some(
    fc.constantFrom<Acts>(
      { kind: 'editFields', mergeFields: { FNAME: 'By hand' } },
      { kind: 'editFields', mergeFields: { LNAME: 'By hand' } },
      { kind: 'tag', names: ['Theirs'] },
      { kind: 'untag', names: ['Everyone'] },
      { kind: 'unsubscribeSelf' },
      { kind: 'bounce' },
      { kind: 'archive' },
      { kind: 'deletePermanently' },
    ),
  ),
});

const addressOf = (index: number): string => `p${index}@acme.test`;

describe('undo, in any world', () => {
  it('leaves everybody as before the run, or says what stays; and nobody who left comes back', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(life, { minLength: 40, maxLength: 60 }),
        fc.constantFrom('untag', 'archive', 'keep'),
        async (lives, leavers) => {
          const line = await TestLine.open({ leavers, adoptTags: ['Everyone'] });
          try {
            expect(await livedThrough(line, lives)).toEqual([]);
          } finally {
            await line.close();
          }
        },
      ),
      // A world has some fifty people, each a case of its own.
      { numRuns: 4, endOnFailure: true },
    );
  }, 120_000);
});

/** @returns what is wrong, of everybody */
async function livedThrough(line: TestLine, lives: readonly Life[]): Promise<string[]> {
  // Somebody who never changes keeps the segments from becoming empty.
  const always: TestPerson = { id: 'always', email: 'always@acme.test', first: 'Always', buyer: 'yes' };
  const peopleIn = (state: 'first' | 'second') => [
    always,
    ...lives.flatMap((each, index): TestPerson[] =>
      each[state] === undefined ? [] : [{ ...each[state], id: `p${index}`, email: addressOf(index) }],
    ),
  ];
  for (const [index, { seeded }] of lives.entries())
    if (seeded !== undefined)
      line.seed({
        address: addressOf(index),
        status: 'subscribed',
        mergeFields: seeded.fields,
        tags: seeded.tags,
      });
  await line.people(peopleIn('first'));
  await line.run();
  const before = line.audience();
  await line.people(peopleIn('second'));
  const run = await line.run();
  const after = line.audience();
  for (const [index, { act }] of lives.entries())
    if (act !== undefined && ['subscribed'].includes(after[addressOf(index)]?.status ?? ''))
      line.act(addressOf(index), act);
  const edited = line.audience();
  const taken = await undone(line, run).catch((error: unknown) => {
    expect(error).toMatchObject({ code: 'nothing_to_undo' });
    return undefined;
  });
  if (taken === undefined) return [];
  expect(taken).toMatchObject({ status: 'succeeded', people: { failed: {}, rejected: {} } });
  const lines = new Map<string, PlanLine>();
  for await (const page of planPeople(line.engine, taken))
    for (const each of page) lines.set(each.email, each);
  const now = line.audience();
  return lives.flatMap((each, index) => {
    const address = addressOf(index);
    const told = lines.get(address);
    const found = problems(address, { before, after, edited, now }, new Set(told?.stays));
    return found.map((problem) => `${problem}: ${JSON.stringify({ address, life: each, told })}`);
  });
}

/** What is neither as before the run, nor told, nor a change of somebody else's. */
function problems(
  address: string,
  at: Record<'before' | 'after' | 'edited' | 'now', Audience>,
  stays: ReadonlySet<string>,
): string[] {
  const [before, after, edited, now] = [at.before, at.after, at.edited, at.now].map((each) => each[address]);
  const found: string[] = [];
  const left = ['unsubscribed', 'cleaned', 'pending'].includes(edited?.status ?? '');
  if (left && now?.status !== edited?.status) found.push('came back');
  if (edited?.status === 'archived' && after?.status !== 'archived' && now?.status !== 'archived')
    found.push('came back from the archive of somebody else');
  // A contact that the run made is archived, and what it holds does not matter there.
  const out = before === undefined || before.status === 'archived';
  if (out && (now === undefined || now.status === 'archived')) return found;
  if (out && !stays.has('contact')) found.push('was made, stays, and nothing says so');
  if (before?.status !== now?.status && !left && !stays.has('contact') && edited?.status === after?.status)
    found.push('another status');
  const things = (of: typeof now) => ({
    ...Object.fromEntries(Object.entries(of?.fields ?? {}).map(([tag, value]) => [tag, String(value)])),
    ...Object.fromEntries((of?.tags ?? []).map((tag) => [`tag ${tag}`, 'yes'])),
  });
  const [was, wrote, held, is] = [things(before), things(after), things(edited), things(now)];
  for (const thing of new Set([...Object.keys(was), ...Object.keys(wrote), ...Object.keys(held)])) {
    const [then, written, present] = [was[thing] ?? '', wrote[thing] ?? '', is[thing] ?? ''];
    if (present === then || stays.has(thing)) continue;
    // The run did not touch it: whoever did is right.
    if (written === then && present === (held[thing] ?? '')) continue;
    found.push(`${thing} is ${JSON.stringify(present)}, was ${JSON.stringify(then)}`);
  }
  return found;
}

function undone(line: TestLine, run: ExportRun): Promise<ExportRun> {
  const signal = new AbortController().signal;
  return undoRun(line.parts(), run.run, { by: 'test', signal, pause: () => Promise.resolve() });
}
