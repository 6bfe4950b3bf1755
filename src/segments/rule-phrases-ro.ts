import type { Comparison } from './checked-rule.ts';
import type { DurationUnit } from './rule.ts';
import type { MadeOf, RulePhrases, TextHow } from './rule-phrases.ts';
import { calendarNames, momentFormat } from './show-moment.ts';

const textWords: Record<TextHow, [is: string, isNot: string]> = {
  equals: ['este', 'nu este'],
  contains: ['conține', 'nu conține'],
  beginsWith: ['începe cu', 'nu începe cu'],
  endsWith: ['se termină cu', 'nu se termină cu'],
};
// "Mai mic" or "mai mică" would depend on what the field is called.
const numberWords: Record<Comparison, string> = {
  '=': 'este',
  '<': 'este sub',
  '<=': 'este cel mult',
  '>': 'este peste',
  '>=': 'este cel puțin',
};
const momentWords: Record<Comparison, string> = {
  '=': 'este',
  '<': 'este înainte de',
  '<=': 'nu este după',
  '>': 'este după',
  '>=': 'nu este înainte de',
};
const units: Record<DurationUnit, { one: string; many: string; gender: 'masculine' | 'feminine' }> = {
  days: { one: 'zi', many: 'zile', gender: 'feminine' },
  weeks: { one: 'săptămână', many: 'săptămâni', gender: 'feminine' },
  months: { one: 'lună', many: 'luni', gender: 'feminine' },
  years: { one: 'an', many: 'ani', gender: 'masculine' },
};
const directionWords = {
  last: { masculine: ['ultimul', 'ultimii'], feminine: ['ultima', 'ultimele'] },
  next: { masculine: ['următorul', 'următorii'], feminine: ['următoarea', 'următoarele'] },
} as const;

const { months, weekdays } = calendarNames('ro-RO');
const plurals = new Intl.PluralRules('ro-RO');
const number = (value: number) => value.toLocaleString('ro-RO', { maximumFractionDigits: 6 });
const where = (conditions: string | undefined) => (conditions === undefined ? '' : ` unde ${conditions}`);
const oneOf = (values: readonly string[]) =>
  values.length < 2 ? values.join('') : `${values.slice(0, -1).join(', ')} sau ${values.at(-1)}`;

/** `19 zile`, `20 de zile`, `101 zile`. */
function counted(count: number, things: string): string {
  return `${number(count)}${plurals.select(count) === 'other' ? ' de' : ''} ${things}`;
}

/** `în ultima zi`, `în ultimele 90 de zile`, `în următorii 2 ani`. */
function stretch(direction: 'last' | 'next', amount: number, unit: DurationUnit): string {
  const { one, many, gender } = units[unit];
  const [singular, plural] = directionWords[direction][gender];
  return amount === 1 ? `în ${singular} ${one}` : `în ${plural} ${counted(amount, many)}`;
}

function madeOf({ function: fn, column, order, isMoment }: MadeOf, rows: string): string {
  switch (fn) {
    case 'count':
      return `numărul de ${rows}`;
    case 'countDistinct':
      return `numărul de valori diferite ${column} din ${rows}`;
    case 'sum':
      return `suma valorilor ${column} din ${rows}`;
    case 'average':
      return `media valorilor ${column} din ${rows}`;
    case 'min':
      return `cea mai ${isMoment ? 'veche dată' : 'mică valoare'} ${column} din ${rows}`;
    case 'max':
      return `cea mai ${isMoment ? 'recentă dată' : 'mare valoare'} ${column} din ${rows}`;
    case 'first':
      return `prima valoare ${column} în ordinea ${order} din ${rows}`;
    case 'last':
      return `ultima valoare ${column} în ordinea ${order} din ${rows}`;
    default:
      throw new Error(`no such function: ${String(fn satisfies never)}`);
  }
}

export const romanianPhrases: RulePhrases = {
  everybody: 'Toată lumea.',
  nobody: 'Nimeni.',
  people: (conditions) => `Persoanele pentru care ${conditions}.`,
  always: 'nu se cere nimic',
  never: 'nimic nu se potrivește',
  heading: (combinator, not) =>
    `${not ? 'nu ' : ''}${{ and: 'toate acestea', or: 'oricare dintre acestea', steps: 'acestea, de sus în jos' }[combinator]}`,
  and: ' și ',
  or: ' sau ',
  not: (conditions) => `nu este adevărat că (${conditions})`,
  step(how, conditions) {
    switch (how) {
      case 'union':
        return `, împreună cu cele pentru care ${conditions}`;
      case 'intersect':
        return `, dintre acestea doar cele pentru care ${conditions}`;
      case 'except':
        return `, în afară de cele pentru care ${conditions}`;
      default:
        throw new Error(`no such step: ${String(how satisfies never)}`);
    }
  },
  oneOf,
  quoted: (text) => `„${text}”`,
  number,
  moment: momentFormat('ro-RO', ', ora '),
  truth: (value) => (value ? 'da' : 'nu'),
  missing: (negated) => (negated ? 'are o valoare' : 'nu are valoare'),
  blank: (negated) => (negated ? 'are conținut' : 'nu are conținut'),
  text: (how, values, negated) => `${textWords[how][negated ? 1 : 0]} ${values}`,
  flag: (value) => `are valoarea „${value}”`,
  compare(comparison, value, negated, isMoment) {
    if (negated) return `nu este ${value}`;
    return `${(isMoment ? momentWords : numberWords)[comparison]} ${value}`;
  },
  equalsOneOf: (values, negated) => `${negated ? 'nu ' : ''}este ${values}`,
  between: (from, to, negated) => `${negated ? 'nu ' : ''}este între ${from} și ${to}`,
  relative(direction, amount, unit, negated) {
    return `${negated ? 'nu ' : ''}este ${amount === 0 ? 'astăzi' : stretch(direction, amount, unit)}`;
  },
  part: (part, numbers) =>
    part === 'month'
      ? `cade în ${oneOf(numbers.map((month) => months[month - 1] ?? ''))}`
      : `cade într-o zi de ${oneOf(numbers.map((day) => weekdays[day - 1] ?? ''))}`,
  anniversary: (days) =>
    days === 0 ? 'se aniversează astăzi' : `se aniversează ${stretch('next', days, 'days')}`,
  anyCase: (test) => `${test} (cu litere mari sau mici)`,
  orMissing: (test) => `${test} (sau nu are valoare)`,
  field: (name, test) => `${name} ${test}`,
  rowsOf: (table) => `rânduri din ${table}`,
  match(mode, threshold, distinct, rows, conditions) {
    // "Cel puțin 20 de": what is counted follows "de" from twenty on.
    const many =
      distinct === undefined
        ? counted(threshold, rows)
        : `${counted(threshold, threshold === 1 ? 'valoare' : 'valori diferite')} ${distinct} din ${rows}`;
    switch (mode) {
      case 'some':
        return `există ${rows}${where(conditions)}`;
      case 'none':
        return `nu există ${rows}${where(conditions)}`;
      case 'all':
        return conditions === undefined ? `există ${rows}` : `există ${rows} și în toate ${conditions}`;
      case 'atLeast':
        return `există cel puțin ${many}${where(conditions)}`;
      case 'atMost':
        return `există cel mult ${many}${where(conditions)}`;
      case 'exactly':
        return `există exact ${many}${where(conditions)}`;
      default:
        throw new Error(`no such mode: ${String(mode satisfies never)}`);
    }
  },
  aggregate: (made, rows, conditions, test) =>
    conditions === undefined
      ? `${madeOf(made, rows)} ${test}`
      : `${madeOf(made, rows)}${where(conditions)}, ${test}`,
  segment: (names, negated) => `segmentele din care fac parte ${negated ? 'nu includ' : 'includ'} ${names}`,
};
