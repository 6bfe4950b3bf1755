import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../base/clock.ts';
import { OutcomeUnknown } from '../delivery/destination.ts';
import type { FaultSettings } from '../sandbox/faults.ts';
import { untilKnown } from './until-known.ts';
import { TestLine } from './test-support/test-line.ts';

/** What a run makes before it sends anybody may be cut off like everything else; it once ended the run with an error. */
describe('what a run makes before its first person', () => {
  let line: TestLine;
  beforeEach(async () => {
    line = await TestLine.open({
      attributes: { FNAME: 'first_name', TOWN: { from: 'city', create: 'text' } },
    });
    line.deadlineMs = 60;
    await line.people([
      { id: 'p1', email: 'ana@acme.test', first: 'Ana', buyer: 'yes', city: 'Cluj' },
      { id: 'p2', email: 'ion@acme.test', first: 'Ion', buyer: 'no', city: 'Iași' },
    ]);
  });
  afterEach(() => line.close());

  it.each<{ when: string; fault: Pick<FaultSettings, 'when' | 'answer'> }>([
    { when: 'the request is cut off on its way there', fault: { answer: { kind: 'reset' } } },
    { when: 'the answer is cut off on its way back', fault: { when: 'after', answer: { kind: 'reset' } } },
    { when: 'half of the answer arrives', fault: { answer: { kind: 'cut' } } },
    { when: 'the CDN gives up', fault: { when: 'after', answer: { kind: 'status', status: 502 } } },
  ])('is made once, when $when', async ({ fault }) => {
    for (const path of ['/segments$', '/merge-fields$'])
      line.sandbox.control.addFault({ method: 'POST', path, ...fault });
    expect(await line.run()).toMatchObject({ status: 'succeeded', people: { add: 2, failed: {} } });
    expect(line.audience()['ana@acme.test']).toMatchObject({
      fields: { TOWN: 'Cluj' },
      tags: ['Buyers', 'Everyone'],
    });
    line.writes();
    await line.run();
    expect(line.writes()).toBe(0);
  });

  it('is not tried again once that is cancelled', async () => {
    const cancel = new AbortController();
    let tries = 0;
    class CutOff extends OutcomeUnknown {
      readonly sentAt = new Date();
      readonly mayRunUntil = new Date(Date.now() + 60_000);
    }
    const work = () => {
      tries += 1;
      setTimeout(() => cancel.abort(new Error('cancelled')), 10);
      return Promise.reject(new CutOff({ kind: 'remote', code: 'test', message: 'cut off' }));
    };
    await expect(untilKnown(systemClock, work, cancel.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(tries).toBe(1);
  });

  it('is given its new name, though the answer is lost', async () => {
    await line.run();
    line.rename('buyers', 'Best buyers');
    line.sandbox.control.addFault({
      method: 'PATCH',
      path: '/segments/',
      when: 'after',
      answer: { kind: 'reset' },
    });
    expect(await line.run()).toMatchObject({ status: 'succeeded' });
    expect(line.audience()['ana@acme.test']?.tags).toEqual(['Best buyers', 'Everyone']);
  });
});
