import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { segmentConfig } from './segment-config.ts';

const rule = { field: 'country', operator: '=', value: 'RO' };

function issuesOf(config: unknown) {
  const result = segmentConfig.safeParse(config);
  return result.error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('a segment in the workspace file', () => {
  it('needs only rules', () => {
    const config = { rules: { combinator: 'and', rules: [rule] } };
    expect(segmentConfig.parse(config)).toEqual({ ...config, asOf: 'now', type: 'dynamic' });
  });

  it.each([
    [{ members: 'people.csv', type: 'static' }, undefined],
    [{}, ['rules: a segment needs one of "rules", "members" and "heldOutOf"']],
    [
      { members: 'a.csv', rules: { rules: [] } },
      ['rules: a segment needs one of "rules", "members" and "heldOutOf"'],
    ],
    [
      {
        members: 'a.csv',
        tests: [
          { is: 'in', id: '7' },
          { is: 'out', address: 'a@b.test' },
        ],
      },
      undefined,
    ],
    [{ members: 'a.csv', tests: [{ is: 'in' }] }, ['tests.0: needs either "address" or "id"']],
    [
      { members: 'a.csv', tests: [{ is: 'in', id: '7', address: 'a@b.test' }] },
      ['tests.0: needs either "address" or "id"'],
    ],
    [{ members: 'a.csv', tags: Array.from({ length: 20 }, (_, n) => `t${n}`) }, undefined],
    [{ members: 'a.csv', tags: ['a', 'a'] }, ['tags: a tag stands here twice']],
  ])('has rules or a list, tests and tags: %j', (config, issues) => {
    expect(issuesOf(config)).toEqual(issues);
  });

  it('has no more than twenty tags', () => {
    expect(issuesOf({ members: 'a.csv', tags: Array.from({ length: 21 }, (_, n) => `t${n}`) })).toHaveLength(
      1,
    );
  });

  it('takes what the rule editor writes', () => {
    const rules = {
      id: 'g1',
      combinator: 'or',
      not: false,
      rules: [
        { id: 'r1', ...rule, valueSource: 'value' },
        { combinator: 'and', rules: [] },
        {
          field: 'shop_orders',
          operator: '=',
          match: { mode: 'atLeast', threshold: 3 },
          distinct: 'order_no',
          value: {
            combinator: 'and',
            rules: [{ field: 'ordered_at', operator: 'withinLast', value: { days: 90 } }],
          },
        },
      ],
    };
    expect(segmentConfig.parse({ rules }).rules).toEqual(rules);
  });

  it.each([
    [[{ ...rule, operater: '=' }], 'rules.rules.0: "operater" is not known here. Did you mean "operator"?'],
    [[{ ...rule, operator: 'equals' }], 'rules.rules.0: operator: unknown operator. Known: '],
    [
      [{ combinator: 'and', rules: [], nott: true }],
      'rules.rules.0: "nott" is not known here. Did you mean "not"?',
    ],
    [[{ combinator: 'xor', rules: [] }], 'rules.rules.0: combinator: '],
    [
      [{ combinator: 'and', rules: [rule, { ...rule, feld: 'x' }] }],
      'rules.rules.0.rules.1: "feld" is not known here.',
    ],
    [
      [{ ...rule, value: { combinator: 'and', rules: [{ ...rule, filed: 1 }] } }],
      'rules.rules.0: value: rules[0]: "filed" is not',
    ],
    [[{ ...rule, value: { day: 3 } }], 'rules.rules.0.value: "day" is not known here. Did you mean "days"?'],
    [['country = RO'], 'rules.rules.0: expected a rule, a group of rules, or one of union'],
    [[rule, 'union', rule], 'rules.rules.1: "union" goes into groups without "combinator".'],
    [[{ rules: [rule, rule] }], 'rules.rules.0: rules[1]: between two rules must stand one of union'],
    [[{ rules: ['except', rule] }], 'rules.rules.0: rules[0]: a rule must stand before "except".'],
    [[{ rules: [rule, 'except'] }], 'rules.rules.0: rules[1]: a rule must follow.'],
    [[{ rules: [rule, 'minus', rule] }], 'rules.rules.0: rules[1]: expected a rule'],
  ])('refuses %j', (rules, message) => {
    expect(issuesOf({ rules: { combinator: 'and', rules } })).toEqual([expect.stringContaining(message)]);
  });

  it('takes rules from the top, with words between them', () => {
    const rules = [rule, 'union', { combinator: 'and', rules: [] }, 'except', rule];
    expect(issuesOf({ rules: { rules } })).toBeUndefined();
    expect(issuesOf({ rules: { rules: [rule] } })).toBeUndefined();
    expect(issuesOf({ rules: { rules: [rule, 'and', rule] } })).toHaveLength(1);
  });

  it.each([['now'], ['2026-11-24'], [{ newest: 'orders.ordered_at' }]])('counts from %j', (asOf) => {
    expect(segmentConfig.parse({ rules: { combinator: 'and', rules: [] }, asOf }).asOf).toEqual(asOf);
  });
  it.each(['yesterday', '2026-02-30', { newest: 5 }, { oldest: 'orders.x' }])(
    'does not count from %j',
    (asOf) => {
      expect(issuesOf({ rules: { combinator: 'and', rules: [] }, asOf })).toEqual([
        expect.stringContaining('asOf: expected now'),
      ]);
    },
  );

  it('has a JSON Schema that editors can complete from', () => {
    const schema = z.toJSONSchema(segmentConfig, { io: 'input' });
    expect(Object.keys(schema.$defs ?? {})).toEqual(
      expect.arrayContaining(['Rule', 'RuleGroup', 'Duration']),
    );
  });
});
