import fc from 'fast-check';
import type { FaultSettings } from '../../sandbox/faults.ts';
import type { Sandbox } from '../../sandbox/sandbox.ts';
import type { TestPerson } from './test-line.ts';

export type Act = Parameters<Sandbox['control']['act']>[0]['act'];

/** What happens in the source: the row of this id is so from now on, or gone. */
export interface Edit {
  id: string;
  row: Omit<TestPerson, 'id'> | undefined;
}

/** What happens in Mailchimp beside us; people who are not there, or not in the state an act needs, are passed over. */
export type ByHand =
  | { address: string; act: Act }
  /** Somebody whom another tool puts in. */
  | { address: string; arrives: 'subscribed' | 'unsubscribed' | 'transactional' | 'pending' | 'archived' };

export type Step =
  | { do: 'edit'; edits: Edit[] }
  | { do: 'by hand'; deeds: ByHand[] }
  /** Mailchimp's clock goes on by more than reads overlap. */
  | { do: 'wait' }
  | { do: 'plan' }
  | { do: 'apply' }
  | { do: 'run'; limit?: number; fault?: FaultSettings }
  /** The process dies at this commit. */
  | { do: 'run and die'; commit: number; side: 'before' | 'after' }
  | { do: 'undo' }
  | { do: 'forget'; address: string; how: 'archive' | 'delete' };

export interface WorldOptions {
  leavers: 'untag' | 'archive' | 'keep';
  tags: 'applied' | 'ignored' | 'notEchoed';
  selfUnsubscribed: 'error' | 'silentUnchanged' | 'silentMissing';
}

export const worldOptions: fc.Arbitrary<WorldOptions> = fc.record({
  leavers: fc.constantFrom('untag', 'archive', 'keep'),
  tags: fc.constantFrom('applied', 'ignored', 'notEchoed'),
  selfUnsubscribed: fc.constantFrom('error', 'silentUnchanged', 'silentMissing'),
});

// Few people with few addresses, so that much happens to each.
const ids = Array.from({ length: 5 }, (_, index) => `p${index}`);
const addresses = [...ids, 'x', 'y'].map((name) => `${name}@acme.test`);
const address = fc.constantFrom(...addresses);
const word = fc.constantFrom('', 'Ana', 'Ion', 'Ștefan');

const edit: fc.Arbitrary<Edit> = fc.constantFrom(...ids).chain((id) =>
  fc.record({
    id: fc.constant(id),
    row: fc.option(
      fc.record({
        // Most people keep an address of their own; the others take one from somebody.
        email: fc.oneof(
          { weight: 2, arbitrary: fc.constant(`${id}@acme.test`) },
          { weight: 1, arbitrary: address },
        ),
        first: word,
        city: word,
        buyer: fc.constantFrom('yes', 'no'),
      }),
      { nil: undefined, freq: 4 },
    ),
  }),
);

const act: fc.Arbitrary<Act> = fc.oneof(
  fc.constantFrom<Act>(
    { kind: 'unsubscribeSelf' },
    { kind: 'complain' },
    { kind: 'unsubscribeByUi' },
    { kind: 'unsubscribeByApi' },
    { kind: 'bounce' },
    { kind: 'signUp' },
    { kind: 'signUp' },
    { kind: 'archive' },
    { kind: 'deletePermanently' },
    { kind: 'editFields', mergeFields: { FNAME: 'By hand' } },
    { kind: 'editFields', mergeFields: { CITY: '' } },
    { kind: 'tag', names: ['Theirs'] },
    { kind: 'tag', names: ['Everyone', 'Buyers'] },
    { kind: 'untag', names: ['Everyone', 'Buyers'] },
  ),
  address.map((to): Act => ({ kind: 'changeAddress', to })),
);

const byHand: fc.Arbitrary<ByHand> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ address, act }) },
  {
    weight: 1,
    arbitrary: fc.record({
      address,
      arrives: fc.constantFrom('subscribed', 'unsubscribed', 'transactional', 'pending', 'archived'),
    }),
  },
);

const fault: fc.Arbitrary<FaultSettings> = fc.record({
  method: fc.constant('POST'),
  path: fc.constantFrom(String.raw`^/lists/[^/]+$`, '/segments'),
  when: fc.constantFrom('before', 'after'),
  answer: fc.constantFrom<FaultSettings['answer']>(
    { kind: 'reset' },
    { kind: 'status', status: 500, body: 'problem' },
    { kind: 'status', status: 502, body: 'html' },
  ),
});

const edits = fc.array(edit, { minLength: 1, maxLength: 6 }).map((all): Step => ({ do: 'edit', edits: all }));
const deeds = fc
  .array(byHand, { minLength: 1, maxLength: 4 })
  .map((all): Step => ({ do: 'by hand', deeds: all }));

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: edits },
  { weight: 7, arbitrary: deeds },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'wait' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'plan' }) },
  { weight: 2, arbitrary: fc.constant<Step>({ do: 'apply' }) },
  { weight: 5, arbitrary: fc.constant<Step>({ do: 'run' }) },
  { weight: 1, arbitrary: fc.constantFrom(1, 3).map((limit): Step => ({ do: 'run', limit })) },
  { weight: 1, arbitrary: fault.map((each): Step => ({ do: 'run', fault: each })) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('run and die' as const),
      commit: fc.integer({ min: 1, max: 24 }),
      side: fc.constantFrom('before' as const, 'after' as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Step>({ do: 'undo' }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('forget' as const),
      address,
      how: fc.constantFrom('archive' as const, 'delete' as const),
    }),
  },
);

/** A life of a world: it begins with people and contacts, and ends with a run. */
export function lives(most: number): fc.Arbitrary<Step[]> {
  return fc
    .tuple(edits, deeds, fc.array(step, { minLength: 4, maxLength: most }))
    .map(([first, second, rest]) => [first, second, ...rest, { do: 'run' }]);
}
