import { expect, it } from 'vitest';
import { name, renderSql, sql } from '../engine/sql.ts';
import { overTables } from './over-tables.ts';

const tables = [
  { from: { schema: 'profile', table: 'profile' }, to: { schema: 'preview', table: 'next_profile' } },
  { from: { schema: 'unify', table: 'record' }, to: { schema: 'preview', table: 'next_record' } },
];
const record = name('unify', 'record');

it.each([
  ['a table', sql`FROM ${name('profile', 'profile')}`, 'FROM "preview"."next_profile"'],
  [
    'one deep inside',
    sql`FROM (${sql`SELECT * FROM ${record}`}) AS r`,
    'FROM (SELECT * FROM "preview"."next_record") AS r',
  ],
  ['no other table', sql`FROM ${name('segment', 'member')}`, 'FROM "segment"."member"'],
  [
    'no column of that name',
    sql`${name('profile')}, ${name('record', 'profile')}`,
    '"profile", "record"."profile"',
  ],
  ['no longer path', sql`${name('unify', 'record', 'key')}`, '"unify"."record"."key"'],
  ['no value', sql`= ${'profile.profile'}`, '= $1'],
])('puts successors in the place of tables: %s', (_, query, expected) => {
  const { text } = renderSql(overTables(query, tables), (each) => `"${each}"`);
  expect(text).toBe(expected);
});
