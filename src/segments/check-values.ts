import type { Comparison, Condition } from './checked-rule.ts';
import { spanOf } from './local-day.ts';
import { durationUnits, type Duration, type Rule, type RuleValue } from './rule.ts';
import type { Complain } from './rule-problem.ts';

// Each makes of a rule's value the condition that it is with its operator; of a wrong one it complains, at `value`, and
// gives what `complain` gives: undefined.

/** `true` or `false`. */
export function flag(value: RuleValue | undefined, complain: Complain): Condition | undefined {
  return typeof value === 'boolean'
    ? { kind: 'flag', value }
    : complain('value', 'value_type', 'expected true or false.', 'Write it without quotes.');
}

/** A number to compare with. */
export function number(
  value: RuleValue | undefined,
  asked: Comparison,
  complain: Complain,
): Condition | undefined {
  if (!isNumber(value)) return complain('value', 'value_type', 'expected a number.', numberAdvice(value));
  return asked === '=' ? { kind: 'numbers', anyOf: [value] } : { kind: 'number', comparison: asked, value };
}

/** A day, or of a time a moment too, to compare with. */
export function moment(
  value: RuleValue | undefined,
  asked: Comparison,
  type: 'date' | 'time',
  complain: Complain,
): Condition | undefined {
  return isMoment(value, type) ? { kind: 'moment', comparison: asked, value } : badMoment(type, complain);
}

/** A text, or a list of which one is enough where the operator says so; none may be empty. */
export function texts(
  rule: Rule,
  how: 'equals' | 'contains' | 'beginsWith' | 'endsWith',
  complain: Complain,
): Condition | undefined {
  const list = rule.operator === 'in' || rule.operator === 'notIn';
  const values = list ? rule.value : [rule.value];
  if (!Array.isArray(values) || !values.every((item) => typeof item === 'string')) {
    return complain(
      'value',
      'value_type',
      list ? 'expected a list of texts.' : 'expected a text.',
      list ? 'Write it as ["a", "b"], with quotes around what looks like a number.' : 'Put quotes around it.',
    );
  }
  if (values.length === 0) return emptyList(complain);
  if (values.includes('')) {
    return complain(
      'value',
      'empty_value',
      'the text is empty.',
      'Use the operator "empty" or "notEmpty" for that.',
    );
  }
  return { kind: 'text', how, anyOf: values, ignoreCase: rule.ignoreCase === true };
}

/** Numbers of which one is enough. */
export function numberList(value: RuleValue | undefined, complain: Complain): Condition | undefined {
  if (!Array.isArray(value) || !value.every(isNumber)) {
    return complain(
      'value',
      'value_type',
      'expected a list of numbers.',
      'Write it as [1, 2], without quotes.',
    );
  }
  return value.length === 0 ? emptyList(complain) : { kind: 'numbers', anyOf: value };
}

function emptyList(complain: Complain): undefined {
  return complain(
    'value',
    'empty_value',
    'the list is empty.',
    'Name at least one value, or take the rule out.',
  );
}

/** `[from, to]`, both included. */
export function numberRange(value: RuleValue | undefined, complain: Complain): Condition | undefined {
  if (!Array.isArray(value) || value.length !== 2 || !value.every(isNumber)) {
    return complain(
      'value',
      'value_type',
      'expected two numbers.',
      'Write it as [from, to]; both belong to it.',
    );
  }
  const [from, to] = value as [number, number];
  return from <= to ? { kind: 'numberRange', from, to } : reversed(complain);
}

/** `[from, to]` of days or moments, both included. */
export function momentRange(
  value: RuleValue | undefined,
  type: 'date' | 'time',
  complain: Complain,
): Condition | undefined {
  if (!Array.isArray(value) || value.length !== 2) {
    return complain(
      'value',
      'value_type',
      'expected two dates.',
      'Write it as ["2026-01-01", "2026-12-31"]; both belong to it.',
    );
  }
  const [from, to] = value;
  if (!isMoment(from, type) || !isMoment(to, type)) return badMoment(type, complain);
  // Which zone is meant does not decide which of two texts is the later, unless they name their own.
  const [first, last] = [spanOf(from, 'UTC'), spanOf(to, 'UTC')];
  return first !== undefined && last !== undefined && first.start.getTime() < last.end.getTime()
    ? { kind: 'momentRange', from, to }
    : reversed(complain);
}

function reversed(complain: Complain): undefined {
  return complain(
    'value',
    'reversed_range',
    'the first value is above the second, so nothing is between.',
    'Turn them round.',
  );
}

/** A duration of one unit, a hundred years at most, before or after the day that is counted from. */
export function relative(
  value: RuleValue | undefined,
  direction: 'last' | 'next',
  complain: Complain,
): Condition | undefined {
  const entries = isObject(value)
    ? durationUnits.flatMap((unit) => (value[unit] === undefined ? [] : [{ unit, amount: value[unit] }]))
    : [];
  const [entry] = entries;
  const limit = entry === undefined ? 0 : { days: 36_500, weeks: 5200, months: 1200, years: 100 }[entry.unit];
  if (entries.length !== 1 || entry === undefined || !isWhole(entry.amount, 0, limit)) {
    return complain(
      'value',
      'bad_duration',
      'expected a length of time of one unit, a whole number, 100 years at most.',
      'Write it as { days: 90 }; units are days, weeks, months and years.',
    );
  }
  return { kind: 'relative', direction, amount: entry.amount, unit: entry.unit };
}

/** `{ days }` until a day of the year comes round, 366 at most. */
export function anniversary(value: RuleValue | undefined, complain: Complain): Condition | undefined {
  const days = isObject(value) ? value.days : undefined;
  if (
    !isObject(value) ||
    Object.values(value).filter((amount) => amount !== undefined).length !== 1 ||
    !isWhole(days, 0, 366)
  ) {
    return complain('value', 'bad_duration', 'expected days, 366 at most.', 'Write it as { days: 7 }.');
  }
  return { kind: 'anniversary', days };
}

/** A month or weekday, or several, as numbers from 1 to `last`. */
export function part(
  value: RuleValue | undefined,
  which: 'month' | 'weekday',
  last: number,
  complain: Complain,
): Condition | undefined {
  const values = Array.isArray(value) ? value : [value];
  if (values.length === 0) return emptyList(complain);
  if (!values.every((item): item is number => isWhole(item, 1, last))) {
    return complain(
      'value',
      'value_type',
      `expected a ${which} as a number from 1 to ${last}, or a list of them.`,
      which === 'month' ? '1 is January.' : '1 is Monday, 7 is Sunday.',
    );
  }
  return { kind: 'part', part: which, anyOf: values };
}

function badMoment(type: 'date' | 'time', complain: Complain): undefined {
  return type === 'date'
    ? complain('value', 'bad_date', 'expected a date that exists.', 'Write it as "2026-11-24".')
    : complain(
        'value',
        'bad_date',
        'expected a date, or a date and time, that exists.',
        'Write it as "2026-11-24", "2026-11-24 18:30" or "2026-11-24T18:30:00Z".',
      );
}

function isMoment(value: unknown, type: 'date' | 'time'): value is string {
  return (
    typeof value === 'string' &&
    spanOf(value, 'UTC') !== undefined &&
    (type === 'time' || value.length === 10)
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

function isWhole(value: unknown, least: number, most: number): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function isObject(value: RuleValue | undefined): value is Duration {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function numberAdvice(value: unknown): string {
  return typeof value === 'string' && value.trim() !== '' && Number.isFinite(Number(value))
    ? 'Write it without quotes.'
    : 'Write it as 100 or 99.5.';
}
