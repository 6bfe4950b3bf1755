import { describe, expect, it } from 'vitest';
import { DyingEngine } from './test-support/dying-engine.ts';
import { TestLine, type TestPerson } from './test-support/test-line.ts';

/**
 * Promise 5: killed at any instant, the next start resumes and the audience ends exactly as planned. The process
 * "dies" at each commit of a run in turn, once just before it became durable and once just after; from
 * then on nothing of it works.
 */
describe('5. nothing lost, nothing twice', () => {
  it.each(['before', 'after'] as const)(
    'a run that dies %s any of its commits ends as one that does not',
    async (side) => {
      const wanted = await undisturbed();
      for (let commits = 1; ; commits++) {
        const line = await prepared();
        try {
          let count = 0;
          const engine = new DyingEngine(line.engine, () => ++count < commits, side);
          await line.run({ engine }).catch(() => undefined);
          if (!engine.died) {
            // All of its commits had their turn.
            expect(commits).toBeGreaterThan(10);
            return;
          }
          let run = await line.run();
          // Dead before the plan was stored: the second run is an ordinary one.
          if (run.status !== 'succeeded') run = await line.run();
          expect(run).toMatchObject({ status: 'succeeded', people: { failed: {} } });
          expect(line.audience(), `died ${side} commit ${commits}`).toEqual(wanted);
          line.writes();
          const again = await line.run();
          expect(again.people).toMatchObject({ add: 0, update: 0, leave: 0 });
          expect(line.writes(), `died ${side} commit ${commits}`).toBe(0);
        } finally {
          await line.close();
        }
      }
    },
    // Two dozen lives, each with a run before it and two after.
    240_000,
  );
});

describe('a run that goes on', () => {
  it('brings back nobody who left while it was cut off, neither of a batch that was on its way nor of one that was not', async () => {
    const line = await TestLine.open();
    try {
      line.deadlineMs = 60;
      const many = Array.from({ length: 600 }, (_, index) => ({
        id: `p${index}`,
        email: `p${String(index).padStart(3, '0')}@acme.test`,
        first: 'Ana',
      }));
      line.seed(...many.map(({ email: address }) => ({ address, status: 'subscribed' as const })));
      await line.people(many);
      // The two batches may be cut off at their first mark, when one of them is on its way at most.
      const engine = new DyingEngine(
        line.engine,
        (changes) => !JSON.stringify(changes).includes("'sending'"),
        'after',
      );
      await line.run({ engine }).catch(() => undefined);
      expect(engine.died).toBe(true);
      for (const address of ['p001@acme.test', 'p599@acme.test']) line.act(address, { kind: 'archive' });
      line.sandbox.control.advanceTime({ seconds: 300 });

      const run = await line.run();
      expect(run).toMatchObject({ status: 'succeeded', people: { update: 598, keptOut: { archived: 2 } } });
      // Put back at the end is not the same as left alone.
      expect(run.races).toBeUndefined();
      expect(line.audience()['p599@acme.test']?.status).toBe('archived');
    } finally {
      await line.close();
    }
  });

  it(
    'adds nobody under an address that their contact gave up after it was cut off',
    async () => {
      for (let commits = 1; ; commits++) {
        const line = await TestLine.open();
        try {
          // Tags go by calls of their own, so that people wait for fields and for tags.
          line.sandbox.control.setModes({ tags: 'ignored' });
          line.deadlineMs = 60;
          line.seed(
            ...['ana', 'ion'].map((name) => ({
              address: `${name}@acme.test`,
              status: 'subscribed' as const,
            })),
          );
          await line.people([
            { id: '1', email: 'ana@acme.test', first: 'Ana' },
            { id: '2', email: 'ion@acme.test' },
            { id: '3', email: 'new@acme.test', first: 'New' },
          ]);
          // Whose contact changed its address shows only who was read before.
          await line.plan();
          let count = 0;
          const engine = new DyingEngine(line.engine, () => ++count < commits, 'after');
          await line.run({ engine }).catch(() => undefined);
          if (!engine.died) {
            expect(commits).toBeGreaterThan(10);
            return;
          }
          for (const name of ['ana', 'ion'])
            line.act(`${name}@acme.test`, { kind: 'changeAddress', to: `${name}.now@acme.test` });
          await line.run();
          await line.run();
          const audience = line.audience();
          const where = `died after commit ${commits}`;
          expect(Object.keys(audience).toSorted(), where).toEqual([
            'ana.now@acme.test',
            'ion.now@acme.test',
            'new@acme.test',
          ]);
          for (const { tags } of Object.values(audience)) expect(tags, where).toEqual(['Everyone']);
        } finally {
          await line.close();
        }
      }
    },
    // Two dozen lives, each with two runs after it.
    240_000,
  );
});

const people: TestPerson[] = Array.from({ length: 60 }, (_, index) => ({
  id: `p${index}`,
  email: `p${index}@acme.test`,
  first: `First ${index}`,
  last: `Last ${index}`,
  buyer: index % 2 === 0 ? 'yes' : 'no',
}));

/** A world in which a run has something of every kind to do. */
async function prepared(): Promise<TestLine> {
  const line = await TestLine.open();
  // Tags go by calls of their own, so that the run has more than one phase.
  line.sandbox.control.setModes({ tags: 'ignored' });
  line.deadlineMs = 60;
  await line.people(people.slice(0, 30));
  await line.run();
  await line.people(
    people.slice(10).map((each, index) => (index < 5 ? { ...each, first: 'Changed' } : each)),
  );
  return line;
}

async function undisturbed(): Promise<ReturnType<TestLine['audience']>> {
  const line = await prepared();
  try {
    await line.run();
    return line.audience();
  } finally {
    await line.close();
  }
}
