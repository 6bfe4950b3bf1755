import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Wanted } from './expected-audience.ts';
import type { Person } from './people-rows.ts';

/** The audience and key of all whole-product tests; the key looks like one, so that a leak can be searched for. */
export const audience = 'abc123def4';
export const apiKey = '5ec2e7c0ffee0123456789abcdef5ec2-us1';

/** The merge fields of a new audience, and one of somebody else. */
export const mergeFields = ['FNAME', 'LNAME', 'ADDRESS', 'PHONE', 'BIRTHDAY', 'SCORE'];

const workspace = `version: 1
sources:
  crm: { type: csv, path: people.csv, key: id }
unify:
  sources:
    - source: crm
      attributes: { email: email, first_name: first_name, last_name: last_name, country: country, spent: spent }
      deduplicate: [{ name: same address, fields: { email: exact } }]
segments:
  romania:
    name: Romanian customers
    rules: { combinator: and, rules: [{ field: country, operator: "=", value: RO }] }
  big-spenders:
    name: Big spenders
    rules: { combinator: and, rules: [{ field: spent, operator: ">=", value: 1000 }] }
connections:
  account:
    name: Newsletter account
    type: mailchimp
    apiKey: "\${MAILCHIMP_API_KEY}"
    consent: { agreedBy: ana@example.com, date: "2026-11-24", text: v1 }
exports:
  newsletter:
    name: Newsletter
    connection: account
    audience: "${audience}"
    match: { email: email }
    attributes: { FNAME: first_name, LNAME: last_name }
    segments: [romania, big-spenders]
`;

/** Writes the workspace file; `edit` makes another of it. */
export async function writeNewsletterWorkspace(
  folder: string,
  edit: (text: string) => string = (text) => text,
): Promise<string> {
  const file = join(folder, 'workspace.yaml');
  await writeFile(file, edit(workspace));
  return file;
}

/** Whether a person is in a segment of the workspace above, in plain words. */
export const segments = {
  romania: (person: Person) => person.country === 'RO',
  'big-spenders': (person: Person) => person.spent !== '' && Number(person.spent) >= 1000,
};

/** Whom the export wants: everybody in a segment whose address is one. */
export function wantedOf(people: readonly Person[]): Wanted[] {
  return inSegments(people)
    .filter(({ email }) => /^person\d+@(shop\.test|example\.com)$/.test(email.trim().toLowerCase()))
    .map((person) => ({
      email: person.email,
      fields: { FNAME: person.first_name.trim(), LNAME: person.last_name.trim() },
      tags: tagsOf(person),
    }));
}

export function inSegments(people: readonly Person[]): Person[] {
  return people.filter((person) => tagsOf(person).length > 0);
}

function tagsOf(person: Person): string[] {
  return [
    ...(segments.romania(person) ? ['Romanian customers'] : []),
    ...(segments['big-spenders'](person) ? ['Big spenders'] : []),
  ];
}
