import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLine, type TestPerson } from '../pipeline/test-support/test-line.ts';

/** Promise 1 over several runs: what one run notes must not let the next one bring somebody back. */
describe('archived people over several runs', () => {
  let line: TestLine;
  beforeEach(async () => {
    line = await TestLine.open();
  });
  afterEach(() => line.close());

  const person: TestPerson = { id: '1', email: 'ana@acme.test', first: 'Ana' };
  const other: TestPerson = { id: '2', email: 'ion@acme.test', first: 'Ion' };
  const state = () => line.audience()['ana@acme.test']?.status;

  it('does not bring back whom somebody else archived, though they left our segments and are wanted again', async () => {
    await line.people([person, other]);
    await line.run();
    line.act('ana@acme.test', { kind: 'archive' });
    await line.people([other]);
    await line.run();
    await line.people([person, other]);
    const run = await line.run();
    expect(run.people.keptOut).toEqual({ archived: 1 });
    expect(state()).toBe('archived');
  });

  // Mailchimp itself refuses to bring back those who unsubscribed by themselves; nobody but us minds the others.
  it.each(['unsubscribeSelf', 'unsubscribeByUi', 'unsubscribeByApi'] as const)(
    'does not bring back who unsubscribed before we archived them: %s',
    async (kind) => {
      line.configure({ leavers: 'archive' });
      await line.people([person, other]);
      await line.run();
      line.act('ana@acme.test', { kind });
      await line.people([other]);
      await line.run();
      await line.people([person, other]);
      const run = await line.run();
      expect(run).toMatchObject({ status: 'succeeded', people: { add: 0, unchanged: 1 } });
      expect(run.people.keptOut).toEqual({ unsubscribed: 1 });
      expect(state()).toBe('unsubscribed');
    },
  );
});
