import { stringify } from 'csv-stringify/sync';
import { fold } from './whole-audience.ts';

/** A row of a source of people, as text. */
export interface PersonRow {
  id: string;
  email: string;
  first_name: string;
  last_name: string;
  country: string;
  spent: string;
}

const columns = ['id', 'email', 'first_name', 'last_name', 'country', 'spent'] as const;
const attributes = ['email', 'first_name', 'last_name', 'country', 'spent'] as const;

export function csvOf(rows: readonly PersonRow[]): string {
  return stringify([...rows], { header: true, columns: [...columns] });
}

const firstNames = [
  'Ana',
  'Ștefan',
  'Zoë',
  'O"Neil',
  'Mary, Jane',
  'Jürgen',
  '李',
  'Ion',
  "D'Arcy",
  '  Bea ',
];
const lastNames = ['Pop', 'Müller', 'García', 'Smith; Jones', 'Ångström', 'van der Berg'];
const countries = ['RO', 'DE', 'US', 'FR', ''];
const broken = [
  'no-at-sign',
  'two@@ats.test',
  'spa ce@shop.test',
  'nodomain@',
  '@nolocal.test',
  'dot..dot@shop.test',
  'bare@host',
];

/**
 * Rows with the dirt of real lists, the same for the same count: addresses in capitals and between blanks, people
 * twice with half of their values, blanks, and addresses that are none.
 */
export function dirtyRows(count: number): PersonRow[] {
  return Array.from({ length: count }, (_, index): PersonRow => {
    const isSecond = index % 100 === 7;
    const who = isSecond ? index - 1 : index;
    return {
      id: `c${String(index).padStart(6, '0')}`,
      email: dirtyAddress(index, who),
      first_name: index % 40 === 17 || index % 200 === 6 ? '' : (firstNames[who % firstNames.length] ?? ''),
      last_name: index % 60 === 13 ? '' : (lastNames[who % lastNames.length] ?? ''),
      country: isSecond ? '' : (countries[index % countries.length] ?? ''),
      spent: index % 30 === 5 ? '' : String((who * 37) % 2000),
    };
  });
}

function dirtyAddress(index: number, who: number): string {
  if (index % 50 === 11) return index % 100 === 11 ? '' : '   ';
  if (index % 50 === 23) return `${index}.${broken[((index / 50) % broken.length) | 0]}`;
  if (index % 2500 === 41) return `person${index}@example.com`;
  const address = `person${who}@shop.test`;
  if (index !== who) return address.toUpperCase();
  return index % 10 === 3 ? `  ${address.replace('person', 'Person')} ` : address;
}

/** A person as the rows make one. */
export type Person = Pick<PersonRow, (typeof attributes)[number]>;

/**
 * One person per address, by the words of the docs: of each value the first that is not blank, from the most filled
 * row on, then by key. Rows without an address that could be one are people of their own.
 */
export function peopleOfRows(rows: readonly PersonRow[]): Person[] {
  const groups = new Map<string, PersonRow[]>();
  for (const row of rows) {
    const address = fold(row.email);
    const group = /^[^@\s]+@[^@\s]+$/.test(address) ? address : `row ${row.id}`;
    groups.set(group, [...(groups.get(group) ?? []), row]);
  }
  const filled = (row: PersonRow) => attributes.filter((name) => row[name].trim() !== '').length;
  return [...groups.values()].map((group) => {
    const order = group.toSorted((a, b) => filled(b) - filled(a) || (a.id < b.id ? -1 : 1));
    const value = (name: keyof Person) =>
      order.map((row) => row[name]).find((text) => text.trim() !== '') ?? '';
    return {
      email: value('email'),
      first_name: value('first_name'),
      last_name: value('last_name'),
      country: value('country'),
      spent: value('spent'),
    };
  });
}
