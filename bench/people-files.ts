import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CsvFile } from '../sample/csv-file.ts';
import { randomAt } from '../sample/random.ts';

export interface PeopleFiles {
  folder: string;
  people: number;
  /** Every so manieth person has another last name and the other answer to "buyer"; absent: nobody. */
  changedEvery?: number;
}

/** Each list holds half of the people, and half of each list stands in the next one too. */
const lists = [
  { name: 'crm', from: 0, to: 0.5 },
  { name: 'shop', from: 0.25, to: 0.75 },
  { name: 'form', from: 0.5, to: 1 },
] as const;

/**
 * Writes three lists of people, one and a half rows to a person, and the workspace over them. Three in ten of those
 * who stand in two lists have no address in the second one: they are met by name and birthday.
 */
export async function writePeopleFiles({ folder, people, changedEvery }: PeopleFiles): Promise<void> {
  for (const { name, from, to } of lists) {
    const file = await CsvFile.create(join(folder, `${name}.csv`), columns);
    for (let index = Math.floor(people * from); index < Math.floor(people * to); index += 1) {
      const changed = changedEvery !== undefined && index % changedEvery === 0;
      file.add(lineOf(index, people, name, changed));
      if (file.full) await file.flush();
    }
    await file.close();
  }
}

const columns = ['id', 'email', 'first', 'last', 'born', 'city', 'buyer'] as const;
const firstNames = ['Ana', 'Ion', 'Zoë', 'Łukasz', 'Eva', 'Mihai', 'Ștefan', 'Núria'] as const;
const cities = ['Cluj-Napoca', 'Iași', 'Wien', 'København', 'Porto'] as const;

function lineOf(index: number, people: number, list: string, changed: boolean): string {
  const random = randomAt(7, index, 1);
  const letters = Array.from({ length: 9 }, () => String.fromCharCode(97 + random.below(26))).join('');
  const born = new Date(Date.UTC(1940, 0, 1 + random.below(25_000))).toISOString().slice(0, 10);
  const withoutAddress = random.chance(0.3) && isSecond(index / people, list);
  const buys = random.chance(0.4) !== changed;
  return [
    `${list}-${index}`,
    withoutAddress ? '' : `person.${index}@bench.test`,
    random.pick(firstNames),
    changed ? `New${letters}` : `Name${letters}`,
    born,
    random.pick(cities),
    String(buys),
  ].join(',');
}

function isSecond(place: number, list: string): boolean {
  return (list === 'shop' && place < 0.5) || (list === 'form' && place < 0.75);
}

/** One export for each audience, all alike. */
export async function writePeopleWorkspace(folder: string, audiences: readonly string[]): Promise<string> {
  const attributes = {
    email: 'email',
    first_name: 'first',
    last_name: 'last',
    birth_date: 'born',
    city: 'city',
    buyer: 'buyer',
  };
  const workspace = {
    version: 1,
    sources: Object.fromEntries(
      lists.map(({ name }) => [name, { type: 'csv', path: `${name}.csv`, key: 'id' }]),
    ),
    unify: {
      sources: lists.map(({ name }) => ({ source: name, attributes })),
      match: [
        { fields: { email: 'exact' } },
        { fields: { first_name: 'exact', last_name: 'exact', birth_date: 'exact' } },
      ],
    },
    segments: {
      everyone: { name: 'Everyone', rules: { combinator: 'and', rules: [] } },
      buyers: {
        name: 'Buyers',
        rules: { combinator: 'and', rules: [{ field: 'buyer', operator: '=', value: true }] },
      },
    },
    connections: {
      account: {
        type: 'mailchimp',
        apiKey: '${MAILCHIMP_API_KEY}',
        consent: { agreedBy: 'bench@example.com', date: '2026-11-24', text: 'v1' },
      },
    },
    exports: Object.fromEntries(
      audiences.map((audience) => [
        audience,
        {
          connection: 'account',
          audience,
          match: { email: 'email' },
          attributes: { FNAME: 'first_name', LNAME: 'last_name', CITY: 'city' },
          segments: ['everyone', 'buyers'],
        },
      ]),
    ),
  };
  const path = join(folder, 'workspace.json');
  await writeFile(path, JSON.stringify(workspace));
  return path;
}
