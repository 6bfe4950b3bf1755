import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import type { SourceId } from '../base/ids.ts';
import type { RefreshResult } from '../pipeline/refresh.ts';
import type { UnifyResult } from '../unify/unify.ts';
import { presentRefresh } from './present-refresh.ts';

const crm = 'crm' as SourceId;

const people: UnifyResult = {
  records: 9,
  duplicates: 2,
  matched: 1,
  profiles: 6,
  perSource: [],
  rules: [{ rule: 'same address', kind: 'deduplicate', source: crm, pairs: 4, joined: 2 }],
  scores: [],
  largeBlocks: [],
  largeGroups: [],
  bypassed: [],
  warnings: [],
};

function textOf(unify: Partial<UnifyResult>): string {
  const result: RefreshResult = { sources: [], unify: { ...people, ...unify }, segments: [] };
  return stripVTControlCharacters(presentRefresh(result));
}

describe('what a refresh says of people', () => {
  it('names every rule with what it did', () => {
    expect(textOf({})).toMatch(/9 records → 6 people.*\n.*\n +same address +crm +4 +2/);
  });

  it('names the largest blocks and groups that were left alone, with value and size', () => {
    const sizes = [3, 9, 4, 5, 6, 7, 8];
    const text = textOf({
      largeBlocks: sizes.map((records) => ({
        rule: 'same phone',
        records,
        shared: { phone: `+40${records}` },
      })),
      largeGroups: [{ rule: 'same address', records: 30, id: 'abc', examples: ['crm:1'] }],
    });
    expect(text).toContain('9 records share phone "+409" same phone');
    expect(text).not.toContain('+403');
    expect(text).toContain('30 records would be one person, such as crm:1 same address, abc');
  });

  it('counts values that agree with nothing', () => {
    expect(textOf({ bypassed: [{ attribute: 'phone', records: 12 }] })).toContain('phone: 12 values');
  });

  it('lets no value of a customer steer the terminal', () => {
    const shared = { name: 'x\u001b]0;owned\u0007' };
    const result: RefreshResult = {
      sources: [],
      unify: { ...people, largeBlocks: [{ rule: 'r', records: 3, shared }] },
    };
    expect(presentRefresh(result)).not.toContain('\u001b]0;');
  });
});
