import { shortNames } from './countries.ts';
import { withoutMarks, type Person } from './person.ts';
import { randomAt, stream, type Random } from './random.ts';
import { dateText } from './time-text.ts';

/** What a file holds in its address column. */
export interface Mail {
  text: string;
  /** `usable`: the person's address, whatever its letter case and the white space around it. */
  kind: 'usable' | 'missing' | 'invalid';
}

/** A line of `crm.csv`. */
export interface CrmRecord {
  id: string;
  mail: Mail;
  first: string;
  last: string;
  born: string;
  phone: string;
  country: string;
  city: string;
  consent: boolean;
  changed: number;
}

/** A line of `shop.csv`. */
export interface ShopRecord {
  customerNo: string;
  mail: Mail;
  first: string;
  last: string;
  born: string;
  country: string;
}

const dayMs = 86_400_000;

export function crmIdOf(index: number): string {
  return `C${100_000 + 2 * index}`;
}

export function customerNoOf(index: number): string {
  return String(200_000 + index);
}

/** How the CRM writes this person down: not at all, once or twice. Typed by people, so the dirtier file. */
export function crmRecords(seed: number, person: Person): CrmRecord[] {
  if (person.place === 'shop') return [];
  const random = randomAt(seed, person.index, stream.crm);
  const record = crmRecord(random, person, crmIdOf(person.index));
  if (!person.twiceInCrm) return [record];
  const again = crmRecord(random, person, `C${100_001 + 2 * person.index}`);
  return [record, { ...again, changed: Math.max(person.since, person.changed - 20 * dayMs) }];
}

/** How the shop writes this person down, or undefined. Typed by the customers themselves. */
export function shopRecord(seed: number, person: Person): ShopRecord | undefined {
  if (person.place === 'crm') return undefined;
  const random = randomAt(seed, person.index, stream.shop);
  return {
    customerNo: customerNoOf(person.index),
    mail: mailOf(random, person.address, { missing: 0.005, invalid: 0.007 }),
    ...namesOf(random, person, 0.2),
    born: random.chance(0.25) ? '' : random.chance(0.01) ? nextDay(person.born) : person.born,
    country: person.country.code,
  };
}

function crmRecord(random: Random, person: Person, id: string): CrmRecord {
  return {
    id,
    mail: mailOf(random, person.address, { missing: 0.03, invalid: 0.015 }),
    ...namesOf(random, person, 0.12),
    born: random.chance(0.08) ? '' : person.born,
    phone: phoneOf(random, person),
    country: person.country.code,
    city: cityOf(random, person),
    consent: person.consent,
    changed: person.changed,
  };
}

function mailOf(random: Random, address: string, shares: { missing: number; invalid: number }): Mail {
  const lot = random.next();
  const variant = random.next();
  if (lot < shares.missing) return { text: '', kind: 'missing' };
  if (lot < shares.missing + shares.invalid) return { text: broken(address, variant), kind: 'invalid' };
  return { text: dressed(address, variant), kind: 'usable' };
}

/** An address nobody can write to. */
function broken(address: string, variant: number): string {
  const [local = '', domain = ''] = address.split('@');
  const forms = [
    `${local}${domain}`,
    `${local.slice(0, 3)} ${local.slice(3)}@${domain}`,
    `${local}@${local}@${domain}`,
    `${address}.`,
    `${local}@`,
    `@${domain}`,
    'n/a',
    '-',
  ];
  return forms[Math.floor(variant * forms.length)] ?? 'n/a';
}

/** The same address in other letter case or with white space around it; most often as it is. */
function dressed(address: string, variant: number): string {
  if (variant < 0.04) return address.toUpperCase();
  if (variant < 0.1) return address.slice(0, 1).toUpperCase() + address.slice(1);
  if (variant < 0.12) return address.replace(/@.*/, (domain) => domain.toUpperCase());
  if (variant < 0.15) return `${address} `;
  if (variant < 0.17) return `  ${address}`;
  if (variant < 0.18) return `\t${address}`;
  return address;
}

/** @param share of the records whose names differ from the truth */
function namesOf(random: Random, person: Person, share: number): { first: string; last: string } {
  const { first, last } = person;
  const lot = random.next() / share;
  const place = random.next();
  if (lot >= 1) return { first, last };
  if (lot < 0.4) return { first: withoutMarks(first), last: withoutMarks(last) };
  if (lot < 0.52) return { first: first.toUpperCase(), last: last.toUpperCase() };
  if (lot < 0.6) return { first: first.toLowerCase(), last: last.toLowerCase() };
  if (lot < 0.7) return { first, last: swappedLetters(last, place) };
  if (lot < 0.78) return { first: shortNames[first] ?? `${first.slice(0, 1)}.`, last };
  if (lot < 0.83) return { first: last, last: first };
  if (lot < 0.88) return { first: `${first} `, last: ` ${last}` };
  if (lot < 0.91) return { first, last: last.replace(/[șțȘȚ]/g, (letter) => cedillas[letter] ?? letter) };
  // The same letters as base and mark apart: looks equal, compares unequal.
  if (lot < 0.94) return { first: first.normalize('NFD'), last: last.normalize('NFD') };
  if (lot < 0.97) return { first, last: `${last}, dr.` };
  return { first: `${first} "${first.slice(0, 2)}"`, last };
}

// Old keyboards and code pages know the cedilla only, though Romanian is written with a comma below.
const cedillas: Record<string, string> = { ș: 'ş', ț: 'ţ', Ș: 'Ş', Ț: 'Ţ' };

function swappedLetters(name: string, place: number): string {
  const at = 1 + Math.floor(place * Math.max(1, name.length - 2));
  return name.slice(0, at) + name.slice(at + 1, at + 2) + name.slice(at, at + 1) + name.slice(at + 2);
}

function phoneOf(random: Random, person: Person): string {
  const { phone, country } = person;
  const parts = [phone.slice(0, 3), phone.slice(3, 6), phone.slice(6)];
  const lot = random.next();
  if (lot < 0.12) return '';
  if (lot < 0.4) return `+${country.dialCode} ${parts.join(' ')}`;
  if (lot < 0.6) return `0${phone}`;
  if (lot < 0.75) return `+${country.dialCode}${phone}`;
  if (lot < 0.87) return `00${country.dialCode}-${parts.join('-')}`;
  if (lot < 0.97) return `(0${parts[0]}) ${parts[1]}.${parts[2]}`;
  return `0${phone}, 0${parts.join(' ')}`;
}

function cityOf(random: Random, person: Person): string {
  const lot = random.next();
  if (lot < 0.05) return '';
  if (lot < 0.13) return withoutMarks(person.city);
  if (lot < 0.132) return `${person.city},\n${person.country.code}`;
  return person.city;
}

function nextDay(date: string): string {
  return dateText(Date.parse(date) + dayMs);
}
