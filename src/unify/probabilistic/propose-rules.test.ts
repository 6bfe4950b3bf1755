import { expect, it } from 'vitest';
import type { Pattern } from './estimate-weights.ts';
import { proposeRules } from './propose-rules.ts';
import type { ScoredField } from './score-plan.ts';

const field = (attribute: string, kind: ScoredField['kind']): ScoredField => ({
  attribute,
  kind,
  form: 0,
  frequency: false,
});
const score = { fields: [field('email', 'email'), field('last_name', 'name'), field('birth_date', 'date')] };
const weights = {
  m: [
    [0.9, 0.1],
    [0.9, 0.05, 0.05],
    [0.9, 0.1],
  ],
  u: [
    [0.00001, 0.99999],
    [0.01, 0.01, 0.98],
    [0.00001, 0.99999],
  ],
  prior: 0.001,
};
const candidates: Pattern[] = [
  { levels: [0, 0, 0], count: 50 },
  { levels: [1, 0, 0], count: 30 },
  { levels: [1, 1, 0], count: 15 },
  { levels: [1, 2, 0], count: 500 },
  { levels: [1, 0, 1], count: 9000 },
];

it('proposes what finds most first, then what adds to it, and leaves out what joins strangers', () => {
  const rules = proposeRules(score, { candidates, weights, passes: [], all: true });
  expect(rules.map(({ fields }) => fields)).toEqual([{ last_name: { similar: 0.92 }, birth_date: 'exact' }]);
  expect(rules[0]).toMatchObject({ pairs: 95 });
  expect(rules[0]?.precision).toBeGreaterThan(0.99);
});

it('proposes an address alone, and never a day of birth alone', () => {
  const sure: Pattern[] = [
    { levels: [0, null, null], count: 20 },
    { levels: [null, null, 0], count: 5 },
  ];
  const certain = { ...weights, prior: 0.5 };
  expect(
    proposeRules(score, { candidates: sure, weights: certain, passes: [], all: true }).map(
      ({ fields }) => fields,
    ),
  ).toEqual([{ email: 'exact' }]);
});

it('proposes only rules of which every pair was compared', () => {
  const rules = proposeRules(score, { candidates, weights, passes: [[0]], all: false });
  expect(rules.every(({ fields }) => fields.email === 'exact')).toBe(true);
  expect(rules).toHaveLength(1);
});

it('proposes nothing where there is nothing', () => {
  expect(proposeRules(score, { candidates: [], weights, passes: [], all: true })).toEqual([]);
});
