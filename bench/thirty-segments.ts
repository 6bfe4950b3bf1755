import type { Rule, RuleGroup } from '../src/segments/rule.ts';

/**
 * Thirty segments of rising difficulty over the sample shop: from one attribute to rules that follow orders to their
 * customers and on to the orders of those.
 * @param turn a whole number from 0 to 83; moves every value a little, so that what was found for another is no answer
 */
export function thirtySegments(turn: number): [id: string, rules: RuleGroup][] {
  const all = (...rules: RuleGroup['rules']): RuleGroup => ({ combinator: 'and', rules });
  const any = (...rules: RuleGroup['rules']): RuleGroup => ({ combinator: 'or', rules });
  const days = (count: number) => ({ days: count + turn });

  const country: Rule = { field: 'country', operator: 'in', value: ['RO', `x${turn}`] };
  const born = (year: number): Rule => ({
    field: 'birth_date',
    operator: '>=',
    value: `${year}-${turn < 28 ? '01' : turn < 56 ? '02' : '03'}-${String(1 + (turn % 28)).padStart(2, '0')}`,
  });
  const mail: Rule = { field: 'email', operator: 'contains', value: `a${turn % 10}`, ignoreCase: true };
  const birthday: Rule = { field: 'birth_date', operator: 'anniversaryWithinNext', value: days(7) };
  const changed: Rule = { field: 'updated_at', operator: 'monthOf', value: [1 + (turn % 12)] };
  const shop = { field: 'shop_orders', operator: '=' } as const;
  const lately: Rule = { field: 'ordered_at', operator: 'withinLast', value: days(365) };
  const dear: Rule = { field: 'total', operator: '>', value: 50 + turn };
  const some = (...rules: Rule[]): Rule => ({ ...shop, match: { mode: 'some' }, value: all(...rules) });
  const none = (...rules: Rule[]): Rule => ({ ...shop, match: { mode: 'none' }, value: all(...rules) });
  const atLeast = (threshold: number, distinct?: string, ...rules: Rule[]): Rule => ({
    ...shop,
    match: { mode: 'atLeast', threshold },
    distinct,
    value: all(...rules),
  });
  const sum = (...where: Rule[]): Rule => ({
    ...shop,
    operator: '>=',
    value: 500 + turn,
    aggregate: { function: 'sum', column: 'total' },
    where: all(...where),
  });
  const newest: Rule = {
    ...shop,
    operator: 'notWithinLast',
    value: days(180),
    aggregate: { function: 'max', column: 'ordered_at' },
  };
  const last: Rule = {
    ...shop,
    operator: 'doesNotBeginWith',
    value: `x${turn}`,
    aggregate: { function: 'last', column: 'category', by: 'ordered_at' },
  };

  return [
    ['everybody', all()],
    ['one value', all(country)],
    ['two values', all(country, born(1980))],
    ['text inside text', all(mail)],
    ['birthdays', all(birthday)],
    ['a month, in a time zone', all(changed)],
    ['either of three', any(country, born(1990), mail)],
    ['groups in groups', all(any(country, born(1990)), { ...any(mail, birthday), not: true })],
    ['from the top', { rules: [country, 'union', born(1985), 'except', mail] }],
    ['anything ordered', all(some({ field: 'quantity', operator: '>', value: turn / 1000 }))],
    ['ordered lately', all(some(lately))],
    ['nothing lately', all(none(lately))],
    ['something dear', all(some(dear))],
    ['only dear things', all({ ...shop, match: { mode: 'all' }, value: all(dear) })],
    ['lapsed', all(some(dear), none(lately))],
    ['three lines', all(atLeast(3 + (turn % 3)))],
    ['three lines lately', all(atLeast(3, undefined, lately))],
    ['three orders lately', all(atLeast(3, 'order_no', lately))],
    ['three orders', all(atLeast(3 + (turn % 3), 'order_no'))],
    ['money lately', all(sum(lately))],
    ['money', all(sum())],
    ['money on average', all({ ...sum(), aggregate: { function: 'average', column: 'total' } })],
    ['the newest order is old', all(newest)],
    ['the last category', all(last)],
    ['big spenders', all(country, atLeast(3, 'order_no', lately), sum(lately))],
    ['three rules on orders', all(sum(), newest, some(dear))],
    [
      'four rules on orders',
      { rules: [sum(lately), 'union', atLeast(5 + (turn % 3)), 'except', none(lately), 'intersect', newest] },
    ],
    ['two hops', all(some(dear, some({ field: 'country', operator: 'in', value: ['DE', `x${turn}`] })))],
    ['three hops', all(some(some(some(lately, dear))))],
    ['five hops', all(some(some(some(some(some(lately, dear))))))],
  ];
}
