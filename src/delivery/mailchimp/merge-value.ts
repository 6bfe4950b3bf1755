import type { MergeValue } from './audience-model.ts';

/**
 * A merge field's value as the text we compare: numbers as text, missing as `''`, address objects as JSON with
 * sorted keys, so that two equal addresses are equal texts.
 */
export function mergeValueText(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  return JSON.stringify(value, sortKeys);
}

/**
 * The value to send for a text that `mergeValueText` made or that a profile holds. Only address fields need
 * more than the text; a text that is no address object goes as it is, and Mailchimp says what it lacks.
 * @param type the merge field's type
 */
export function mergeValueFromText(text: string, type: string): MergeValue {
  if (type !== 'address' || !text.startsWith('{')) return text;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return text;
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return text;
  // A blank country is the audience's own; Mailchimp knows no country named "".
  return Object.fromEntries(
    Object.entries(parsed)
      .map(([part, value]): [string, string] => [part, mergeValueText(value)])
      .filter(([part, value]) => part !== 'country' || value !== ''),
  );
}

function sortKeys(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
