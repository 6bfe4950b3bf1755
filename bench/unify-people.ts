import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvFile } from '../sample/csv-file.ts';
import { randomAt, type Random } from '../sample/random.ts';

/**
 * People who are as hard to tell apart as real ones: they share households, last names, landlines and now and then an
 * address; from one list to the next they misspell themselves, move and marry. The same every time.
 *
 * The number in a record's id is who it is; nothing else tells, and no rule sees it.
 */
export interface UnifyPeople {
  folder: string;
  people: number;
}

/** Each list holds half of the people, and half of each list stands in the next one too: 1.5 rows to a person. */
const lists = [
  { name: 'crm', from: 0, to: 0.5, later: (place: number) => place > 1 },
  { name: 'shop', from: 0.25, to: 0.75, later: (place: number) => place < 0.5 },
  { name: 'form', from: 0.5, to: 1, later: (place: number) => place < 0.75 },
] as const;

const columns = ['id', 'email', 'phone', 'first', 'last', 'born', 'street', 'city'] as const;
type Row = Record<Exclude<(typeof columns)[number], 'id'>, string>;

/** Shares of the people who stand in a second list and differ there. */
const slips = { typo: 0.1, moved: 0.12, married: 0.03, noEmail: 0.3, otherEmail: 0.1, noPhone: 0.4 };

/** Who lives together is drawn for so many neighbours at a time. */
const neighbours = 4;
const seed = 11;
const aspect = { person: 201, house: 202, slips: 203, home: 204 } as const;

/** Writes the three lists and a workspace that unifies them by exact and by similar values; returns its path. */
export async function writeUnifyPeople({ folder, people }: UnifyPeople): Promise<string> {
  for (const { name, from, to, later } of lists) {
    const file = await CsvFile.create(join(folder, `${name}.csv`), columns);
    for (let index = Math.floor(people * from); index < Math.floor(people * to); index += 1) {
      const row = later(index / people) ? slipped(index) : personRow(index);
      file.add([`${name}-${index}`, ...columns.slice(1).map((column) => row[column as keyof Row])].join(','));
      if (file.full) await file.flush();
    }
    await file.close();
  }
  const path = join(folder, 'workspace.json');
  await writeFile(path, JSON.stringify(workspace));
  return path;
}

const attributes = {
  email: 'email',
  phone: 'phone',
  first_name: 'first',
  last_name: 'last',
  birth_date: 'born',
  street: 'street',
  city: 'city',
};

const workspace = {
  version: 1,
  sources: Object.fromEntries(
    lists.map(({ name }) => [name, { type: 'csv', path: `${name}.csv`, key: 'id' }]),
  ),
  unify: {
    sources: lists.map(({ name }) => ({ source: name, attributes })),
    match: [
      // Families share addresses and landlines, so neither is enough alone.
      { fields: { email: 'exact', first_name: { similar: 0.85 } } },
      { fields: { phone: 'exact', first_name: { similar: 0.85 }, birth_date: 'exact' } },
      { fields: { first_name: 'exact', birth_date: 'exact', last_name: { similar: 0.85 } } },
      { fields: { last_name: 'exact', birth_date: 'exact', first_name: { similar: 0.85 } } },
    ],
  },
};

function personRow(index: number): Row {
  const random = randomAt(seed, index, aspect.person);
  const house = householdOf(index);
  const home = house === undefined ? undefined : homeOf(house);
  const own = homeOf(index * neighbours + neighbours);
  const first = wordOf(random, 2, firstPool);
  const { last, street, city, landline } = home ?? own;
  const born = new Date(Date.UTC(1940, 0, 1 + random.below(24_000))).toISOString().slice(0, 10);
  const shared = home !== undefined && random.chance(0.05);
  return {
    email: shared
      ? `family.${last}.${house}@bench.test`
      : `${first}.${last}.${index}@bench.test`.toLowerCase(),
    phone: random.chance(0.5) ? landline : `+407${digits(random, 8)}`,
    first,
    last,
    born,
    street,
    city,
  };
}

/** The household that a person shares with somebody, or undefined for those who live alone. */
function householdOf(index: number): number | undefined {
  const block = Math.floor(index / neighbours);
  const together = randomAt(seed, block, aspect.house).below(neighbours + 1);
  return together >= 2 && index % neighbours < together ? block : undefined;
}

function homeOf(place: number): { last: string; street: string; city: string; landline: string } {
  const random = randomAt(seed, place, aspect.home);
  return {
    last: wordOf(random, 3, lastPool),
    street: `${wordOf(random, 3, lastPool)} ${1 + random.below(120)}`,
    city: wordOf(random, 2, cityPool),
    landline: `+4021${digits(random, 7)}`,
  };
}

/** A person as a later list has them. */
function slipped(index: number): Row {
  const row = personRow(index);
  const random = randomAt(seed, index, aspect.slips);
  if (random.chance(slips.typo)) {
    const column = random.chance(0.5) ? 'first' : 'last';
    row[column] = misspelt(row[column], random);
  }
  if (random.chance(slips.married)) row.last = wordOf(random, 3, lastPool);
  if (random.chance(slips.moved)) {
    const { street, city, landline } = homeOf(-1 - index);
    Object.assign(row, { street, city, ...(row.phone.startsWith('+4021') ? { phone: landline } : {}) });
  }
  if (random.chance(slips.noEmail)) row.email = '';
  else if (random.chance(slips.otherEmail)) row.email = `${row.first}.${index}@other.test`.toLowerCase();
  if (random.chance(slips.noPhone)) row.phone = '';
  return row;
}

/** One letter left out, doubled, or exchanged with the next one. */
function misspelt(text: string, random: Random): string {
  const at = 1 + random.below(Math.max(text.length - 2, 1));
  const [before, letter, rest] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
  const slip = random.below(3);
  if (slip === 0) return before + rest;
  if (slip === 1) return before + letter + letter + rest;
  return before + rest.charAt(0) + letter + rest.slice(1);
}

/** How many names there are of a sort; the first ones are the commonest. */
const [firstPool, lastPool, cityPool] = [800, 40_000, 300];
const syllables =
  'an el mi ro da vi co ra lu ne ta si mo be ga ti sa po le ni ma ru do ce fi ha io ka pe vo'.split(' ');

function wordOf(random: Random, length: number, pool: number): string {
  let number = Math.floor(random.next() ** 2 * pool);
  let word = '';
  for (let at = 0; at < length; at += 1) {
    word += syllables[number % syllables.length] ?? '';
    number = Math.floor(number / syllables.length);
  }
  return word.charAt(0).toUpperCase() + word.slice(1) + (number > 0 ? (syllables[number] ?? '') : '');
}

function digits(random: Random, count: number): string {
  return String(random.below(10 ** count)).padStart(count, '0');
}
