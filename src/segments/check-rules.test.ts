import { describe, expect, it } from 'vitest';
import { buildCatalogue } from './catalogue.ts';
import { checkRules } from './check-rules.ts';
import { attributes, catalogue, orderColumns, productColumns, shopColumns } from './people.test-support.ts';
import { RulesError } from './rule-problem.ts';
import type { Rule, RuleGroup } from './rule.ts';

function all(...rules: (Rule | RuleGroup)[]): RuleGroup {
  return { combinator: 'and', rules };
}
function problemsOf(...rules: (Rule | RuleGroup)[]) {
  return checkRules(all(...rules), catalogue, 'segments.big.rules').problems;
}

const orders = { field: 'shop_orders', operator: '=' as const };
const some = { mode: 'some' as const };

describe('one rule that is wrong', () => {
  const cases: [Rule, string, string][] = [
    [{ field: 'contry', operator: '=', value: 'RO' }, 'unknown_field', 'field'],
    [{ field: 'country', operator: '<', value: 'RO' }, 'operator_unsuited', 'operator'],
    [{ field: 'vip', operator: '!=', value: true }, 'operator_unsuited', 'operator'],
    [{ field: 'age', operator: 'contains', value: '1' }, 'operator_unsuited', 'operator'],
    [{ field: 'born', operator: 'in', value: ['2026-01-01'] }, 'operator_unsuited', 'operator'],
    [{ field: 'labels', operator: '=', value: 'a' }, 'operator_unsuited', 'operator'],
    [{ field: 'country', operator: '=', value: 5 }, 'value_type', 'value'],
    [{ field: 'country', operator: '=' }, 'value_type', 'value'],
    [{ field: 'country', operator: '=', value: '' }, 'empty_value', 'value'],
    [{ field: 'country', operator: 'in', value: 'RO' }, 'value_type', 'value'],
    [{ field: 'country', operator: 'in', value: [] }, 'empty_value', 'value'],
    [{ field: 'country', operator: 'in', value: ['RO', 5] }, 'value_type', 'value'],
    [{ field: 'age', operator: '=', value: '5' }, 'value_type', 'value'],
    [{ field: 'age', operator: '=', value: Number.NaN }, 'value_type', 'value'],
    [{ field: 'age', operator: 'in', value: ['5'] }, 'value_type', 'value'],
    [{ field: 'age', operator: 'between', value: [5] }, 'value_type', 'value'],
    [{ field: 'age', operator: 'between', value: [5, 1] }, 'reversed_range', 'value'],
    [{ field: 'vip', operator: '=', value: 'true' }, 'value_type', 'value'],
    [{ field: 'born', operator: '=', value: '2026-02-30' }, 'bad_date', 'value'],
    [{ field: 'born', operator: '=', value: '2026-02-20T10:00' }, 'bad_date', 'value'],
    [{ field: 'seen_at', operator: '=', value: '24.11.2026' }, 'bad_date', 'value'],
    [{ field: 'born', operator: 'between', value: ['2026-02-02', '2026-02-01'] }, 'reversed_range', 'value'],
    [{ field: 'born', operator: 'withinLast', value: 90 }, 'bad_duration', 'value'],
    [{ field: 'born', operator: 'withinLast', value: {} }, 'bad_duration', 'value'],
    [{ field: 'born', operator: 'withinLast', value: { days: 1, weeks: 1 } }, 'bad_duration', 'value'],
    [{ field: 'born', operator: 'withinLast', value: { days: 1.5 } }, 'bad_duration', 'value'],
    [{ field: 'born', operator: 'withinLast', value: { years: 101 } }, 'bad_duration', 'value'],
    [{ field: 'born', operator: 'anniversaryWithinNext', value: { weeks: 1 } }, 'bad_duration', 'value'],
    [{ field: 'born', operator: 'monthOf', value: 13 }, 'value_type', 'value'],
    [{ field: 'born', operator: 'weekdayOf', value: [0] }, 'value_type', 'value'],
    [
      { field: 'country', operator: '=', value: 'RO', includeMissing: true },
      'include_missing_unsuited',
      'includeMissing',
    ],
    [{ field: 'age', operator: '=', value: 1, ignoreCase: true }, 'ignore_case_unsuited', 'ignoreCase'],
    [{ field: 'country', operator: '=', value: 'last_nam', valueSource: 'field' }, 'unknown_field', 'value'],
    [{ field: 'country', operator: '=', value: 'age', valueSource: 'field' }, 'value_type', 'value'],
    [
      { field: 'country', operator: 'contains', value: 'last_name', valueSource: 'field' },
      'field_comparison_unsuited',
      'valueSource',
    ],
    [{ field: 'country', operator: '=', value: 'RO', match: some }, 'key_unsuited', 'match'],
    [{ ...orders, value: all() }, 'match_missing', 'match'],
    [{ ...orders, match: some, value: 'paid' }, 'value_type', 'value'],
    [{ ...orders, operator: '!=', match: some, value: all() }, 'operator_unsuited', 'operator'],
    [{ ...orders, match: { mode: 'atLeast' }, value: all() }, 'bad_threshold', 'match'],
    [{ ...orders, match: { mode: 'atLeast', threshold: 0.5 }, value: all() }, 'bad_threshold', 'match'],
    [{ ...orders, match: some, distinct: 'order_no', value: all() }, 'distinct_unsuited', 'distinct'],
    [
      { ...orders, match: { mode: 'exactly', threshold: 1 }, distinct: 'order', value: all() },
      'unknown_field',
      'distinct',
    ],
    [{ ...orders, match: some, value: all(), where: all() }, 'key_unsuited', 'where'],
    [{ ...orders, value: 1, aggregate: { function: 'sum' } }, 'aggregate_column', 'aggregate'],
    [
      { ...orders, value: 1, aggregate: { function: 'count', column: 'total' } },
      'aggregate_column',
      'aggregate',
    ],
    [
      { ...orders, value: 1, aggregate: { function: 'sum', column: 'status' } },
      'aggregate_type',
      'aggregate',
    ],
    [
      { ...orders, value: 1, aggregate: { function: 'sum', column: 'totl' } },
      'unknown_field',
      'aggregate.column',
    ],
    [{ ...orders, value: 'many', aggregate: { function: 'count' } }, 'value_type', 'value'],
    [
      { ...orders, value: 1, aggregate: { function: 'sum', column: 'total', by: 'ordered_at' } },
      'aggregate_order',
      'aggregate',
    ],
    [
      { ...orders, value: 'paid', aggregate: { function: 'last', column: 'status' } },
      'aggregate_order',
      'aggregate',
    ],
    [
      { ...orders, value: 'paid', aggregate: { function: 'last', column: 'status', by: 'ordered' } },
      'unknown_field',
      'aggregate.by',
    ],
    [
      { ...orders, value: 'paid', aggregate: { function: 'last', column: 'status', by: 'status' } },
      'aggregate_type',
      'aggregate',
    ],
    // The value is the column's: text is compared as text.
    [
      { ...orders, value: 5, aggregate: { function: 'last', column: 'status', by: 'ordered_at' } },
      'value_type',
      'value',
    ],
    [
      { ...orders, value: 'order_no', valueSource: 'field', aggregate: { function: 'count' } },
      'field_comparison_unsuited',
      'valueSource',
    ],
    [{ field: 'segment', operator: '=', value: ['early'] }, 'operator_unsuited', 'operator'],
    [{ field: 'segment', operator: 'in', value: 'early' }, 'value_type', 'value'],
    [{ field: 'segment', operator: 'in', value: ['early', 'erly'] }, 'unknown_segment', 'value[1]'],
  ];
  it.each(cases)('%j: %s at %s', (rule, code, key) => {
    const problems = problemsOf(rule);
    expect(problems.map((problem) => [problem.code, problem.path])).toEqual([
      [code, `segments.big.rules.rules[0].${key}`],
    ]);
  });
});

it('says all that is wrong at once, with the place and the nearest name', () => {
  const inner = all(
    { field: 'status', operator: '=', value: 'paid' },
    { field: 'totl', operator: '>', value: 1 },
  );
  const problems = problemsOf(
    { field: 'country', operator: '=', value: 'RO' },
    all({ ...orders, match: some, value: inner }, { field: 'age', operator: '>', value: '18' }),
  );
  expect(problems).toEqual([
    {
      code: 'unknown_field',
      path: 'segments.big.rules.rules[1].rules[0].value.rules[1].field',
      message: '"orders" has no column "totl", and no relationship is called that.',
      hint: 'Did you mean "total"?',
    },
    {
      code: 'value_type',
      path: 'segments.big.rules.rules[1].rules[1].value',
      message: 'expected a number.',
      hint: 'Write it without quotes.',
    },
  ]);
});

describe('a relationship', () => {
  const product = { field: 'product', operator: '=' as const, match: some };
  const cheap: Rule = { field: 'price', operator: '<', value: 10 };
  const rows = (rule: Rule): Rule => ({ ...orders, match: some, value: all(rule) });

  it('can be followed from rows, either way, and its rows are checked as any others', () => {
    const back: Rule = { ...product, value: all({ field: 'totl', operator: '>', value: 1 }) };
    const problems = problemsOf(
      rows({ ...product, value: all(cheap) }),
      { ...orders, operator: '>', value: 1, aggregate: { function: 'count' }, where: all(rows(cheap)) },
      rows({ ...product, value: all({ field: 'maker', operator: '=', match: some, value: all() }) }),
      rows({ ...product, value: all(back) }),
    );
    expect(problems).toEqual([
      {
        code: 'unknown_field',
        path: 'segments.big.rules.rules[1].where.rules[0].value.rules[0].field',
        message: '"shop" has no column "price", and no relationship is called that.',
        hint: 'Known: "customer_no", "branch_no", "shop_orders", "branch".',
      },
      expect.objectContaining({
        code: 'unknown_field',
        path: 'segments.big.rules.rules[3].value.rules[0].value.rules[0].value.rules[0].field',
        hint: 'Did you mean "total"?',
      }),
    ]);
  });

  it('that leads to no people is refused for people, with the way to say it', () => {
    expect(problemsOf({ ...product, value: all(cheap) })).toEqual([
      {
        code: 'leads_to_nobody',
        path: 'segments.big.rules.rules[0].field',
        message: '"product" leads from "orders" to "products", and neither has records of people.',
        hint: 'Use it inside a rule on "shop_orders": in the group of its "value" or "where".',
      },
    ]);
    expect(problemsOf({ field: 'maker', operator: '=', match: some, value: all() })).toMatchObject([
      {
        code: 'leads_to_nobody',
        hint: 'Add a relationship from "products" to a unified source, and use "maker" inside a rule on that.',
      },
    ]);
  });

  it('of other tables is refused on rows, with those that can be followed', () => {
    expect(problemsOf(rows({ field: 'maker', operator: '=', match: some, value: all() }))).toEqual([
      {
        code: 'starts_elsewhere',
        path: 'segments.big.rules.rules[0].value.rules[0].field',
        message: '"maker" leads from "products" to "makers", but these are rows of "orders".',
        hint: 'From here lead "shop_orders", "product".',
      },
    ]);
  });

  it('cannot be followed to segments: those are for people', () => {
    const problems = problemsOf(rows({ field: 'segment', operator: 'in', value: ['early'] }));
    expect(problems.map(({ code }) => code)).toEqual(['unknown_field']);
  });
});

describe('a catalogue', () => {
  const parts = {
    profile: { attributes },
    sources: [
      { source: 'shop', columns: shopColumns },
      { source: 'orders', columns: orderColumns },
      { source: 'products', columns: productColumns },
    ],
    unified: ['shop'],
    segments: new Map(),
  };
  it.each([
    [
      'rel',
      { from: 'order.customer_no', to: 'shop.customer_no' },
      'unknown_source',
      'relationships.rel.from',
    ],
    ['rel', { from: 'orders.customer', to: 'shop.customer_no' }, 'unknown_column', 'relationships.rel.from'],
    [
      'rel',
      { from: 'orders.status', to: 'shop.customer_no' },
      'relationship_types_differ',
      'relationships.rel',
    ],
    [
      'country',
      { from: 'orders.customer_no', to: 'shop.customer_no' },
      'name_taken',
      'relationships.country',
    ],
    [
      'segment',
      { from: 'orders.customer_no', to: 'shop.customer_no' },
      'name_taken',
      'relationships.segment',
    ],
    // Of either table: rules on its rows could mean both.
    ['total', { from: 'orders.product_no', to: 'products.product_no' }, 'name_taken', 'relationships.total'],
    ['price', { from: 'orders.product_no', to: 'products.product_no' }, 'name_taken', 'relationships.price'],
  ])('refuses %s %j: %s', (id, config, code, path) => {
    const build = () => buildCatalogue({ ...parts, relationships: new Map([[id, config]]) });
    expect(build).toThrow(RulesError);
    expect(build).toThrow(expect.objectContaining({ code, problems: [expect.objectContaining({ path })] }));
  });

  it('refuses an attribute with the name that rules use for segments', () => {
    const profile = { attributes: [{ name: 'segment', type: 'text' as const }] };
    const build = () => buildCatalogue({ ...parts, profile, relationships: new Map() });
    expect(build).toThrow(expect.objectContaining({ code: 'reserved_name' }));
  });
});
