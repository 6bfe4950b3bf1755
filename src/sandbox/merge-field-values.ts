import type { MergeField } from './merge-field.ts';
import { fieldMessage } from './field-messages.ts';
import type { FieldLanguage } from './field-messages.ts';
import { parseTime } from './seconds.ts';

export interface PostalAddress {
  addr1: string;
  addr2: string;
  city: string;
  state: string;
  zip: string;
  country: string;
}

/** What an audience stores for one merge field; `""` is empty, whatever the type (FACTS §7). */
export type FieldValue = string | number | PostalAddress;

export type ValueCheck =
  | { kind: 'value'; value: FieldValue }
  /** The value is of a right JSON type and not acceptable: "Your merge fields were invalid." */
  | { kind: 'invalid'; message: string }
  /** The JSON type itself is wrong: "The resource submitted could not be validated." */
  | { kind: 'schema'; message: string };

const textBytes = 255;

/** Checks one value as sent and gives it as Mailchimp would store it (FACTS §7, §9.7). */
export function checkFieldValue(field: MergeField, raw: unknown, language: FieldLanguage): ValueCheck {
  switch (typeof raw) {
    case 'string':
    case 'number': {
      if (raw === '') return { kind: 'value', value: '' };
      const value = parseScalar(field, raw);
      return value === undefined
        ? { kind: 'invalid', message: fieldMessage(field.type, language) }
        : { kind: 'value', value };
    }
    case 'object': {
      if (raw === null) return { kind: 'schema', message: 'Schema describes string, NULL found instead' };
      if (field.type !== 'address' || Array.isArray(raw)) return wrongType;
      const address = parseAddress(raw);
      return address === undefined
        ? { kind: 'invalid', message: fieldMessage('address', language) }
        : { kind: 'value', value: address };
    }
    default:
      return wrongType;
  }
}

const wrongType: ValueCheck = {
  kind: 'schema',
  message: 'Data did not match any of the schemas described in anyOf.',
};

function parseScalar(field: MergeField, raw: string | number): FieldValue | undefined {
  const text = String(raw).trim();
  switch (field.type) {
    case 'text':
      return cutToBytes(String(raw), textBytes);
    case 'number': {
      const number = typeof raw === 'number' ? raw : Number(text);
      return text !== '' && Number.isFinite(number) ? number : undefined;
    }
    case 'address':
      return parseAddressText(text);
    case 'phone':
      return field.options.phoneFormat === 'US' && !/^\(?\d{3}\)?[-. ]?\d{3}[-. ]?\d{4}$/.test(text)
        ? undefined
        : text;
    case 'date':
      return parseDate(text, field.options.dateFormat);
    case 'birthday':
      return parseBirthday(text, field.options.dateFormat);
    case 'zip':
      return /^\d{5}$/.test(text) ? text : undefined;
    case 'url':
    case 'imageurl':
      return /^https?:\/\/[^\s/]+\.[^\s]+$/i.test(text) ? text : undefined;
    case 'radio':
    case 'dropdown':
      return field.options.choices.includes(text) ? text : undefined;
  }
}

function parseAddress(raw: object): PostalAddress | undefined {
  const part = (name: keyof PostalAddress) => {
    const value = (raw as Record<string, unknown>)[name];
    return typeof value === 'string' || typeof value === 'number' ? String(value).trim() : '';
  };
  const address: PostalAddress = {
    addr1: part('addr1'),
    addr2: part('addr2'),
    city: part('city'),
    state: part('state'),
    zip: part('zip'),
    country: part('country') || 'US',
  };
  const complete = address.addr1 && address.city && address.state && address.zip;
  return complete ? address : undefined;
}

/** The old form in one string: the parts stand two spaces apart. */
function parseAddressText(text: string): PostalAddress | undefined {
  const [addr1, city, state, zip, country] = text.split(/ {2,}/);
  return parseAddress({ addr1, city, state, zip, country });
}

function parseDate(text: string, format: string): string | undefined {
  const slashed = /^(\d{1,2})\/(\d{1,2})\/(\d{4})$/.exec(text);
  if (slashed !== null) {
    const [month, day] = format.startsWith('DD') ? [slashed[2]!, slashed[1]!] : [slashed[1]!, slashed[2]!];
    return realDay(`${slashed[3]}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
  }
  if (!/^\d{4}-\d{2}-\d{2}/.test(text) || parseTime(text) === undefined) return undefined;
  return realDay(text.slice(0, 10));
}

function parseBirthday(text: string, format: string): string | undefined {
  const parts = /^(\d{1,2})\/(\d{1,2})$/.exec(text);
  if (parts === null) return undefined;
  const [month, day] = format.startsWith('DD') ? [parts[2]!, parts[1]!] : [parts[1]!, parts[2]!];
  // 2024 is a leap year: somebody is born on 29 February.
  const date = realDay(`2024-${month.padStart(2, '0')}-${day.padStart(2, '0')}`);
  return date === undefined ? undefined : `${date.slice(5, 7)}/${date.slice(8)}`;
}

function realDay(date: string): string | undefined {
  const parsed = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(parsed.getTime()) && parsed.toISOString().startsWith(date) ? date : undefined;
}

/** Bytes, not characters: 255 of them end in the middle of the second half of a text in Greek. */
export function cutToBytes(text: string, limit: number): string {
  // No character takes more than three bytes for each of its UTF-16 units.
  if (text.length * 3 <= limit || Buffer.byteLength(text) <= limit) return text;
  const bytes = Buffer.from(text);
  let end = limit;
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--;
  return bytes.toString('utf8', 0, end);
}
