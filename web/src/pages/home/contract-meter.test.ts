// @vitest-environment jsdom
import { expect, test } from 'vitest';
import type { Run } from '../../api/answers.ts';
import { contactsOf } from './contract-meter.tsx';

const contacts = { limit: 2500, account: { now: 2000, after: 2600 } } as unknown as NonNullable<
  Run['contacts']
>;

test.each([
  ['planned', 2000],
  ['stopped', 2000],
  ['failed', 2000],
  ['succeeded', 2600],
] as const)('of a run that is %s the account has %d contacts', (status, expected) => {
  expect(contactsOf({ status, contacts })).toBe(expected);
});

test('of a run that did not look there are none', () => {
  expect(contactsOf({ status: 'planned' })).toBe(0);
});
