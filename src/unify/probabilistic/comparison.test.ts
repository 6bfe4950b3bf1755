import { afterAll, beforeAll, expect, it } from 'vitest';
import { openDuckdb } from '../../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { join, sql } from '../../engine/sql.ts';
import { levelsOf, type Compared } from './comparison.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterAll(() => engine.close());

/** The label of the first level that holds for two values of a field; of an e-mail address with what is before the @. */
async function levelOf(compared: Omit<Compared, 'place'>, one: string, other: string): Promise<string> {
  const levels = levelsOf(engine.dialect, { ...compared, place: 0 });
  const cases = levels.map(({ label, holds }) => sql`WHEN ${holds} THEN ${label}`);
  const row = (value: string) =>
    sql`(SELECT ${value} AS value_0, split_part(${value}, '@', 1) AS part_0, 'popescu' AS value_1)`;
  const [found] = await engine.rows<{ level: string }>(
    sql`SELECT CASE ${join(cases, ' ')} ELSE 'different' END AS level FROM ${row(one)} one, ${row(other)} other`,
  );
  return found?.level ?? '';
}

it.each<[Compared['kind'], string, string, string]>([
  ['name', 'ana', 'ana', 'equal'],
  ['name', 'michaela', 'michaella', 'nearly equal'],
  ['name', 'robert', 'rob', 'alike'],
  ['name', 'ana', 'mihai', 'different'],
  ['text', 'winston hills', 'winston hill', 'nearly equal'],
  ['text', 'hull', 'portsmouth', 'different'],
  ['date', '19710624', '19710624', 'equal'],
  ['date', '19710624', '19710524', 'one digit differs'],
  ['date', '19710624', '1971062', 'one digit differs'],
  ['date', '19710408', '19710804', 'day and month exchanged'],
  ['date', '19710624', '19720625', 'two digits differ'],
  ['date', '19710624', '19851130', 'different'],
  ['email', 'ana@x.ro', 'ana@x.ro', 'equal'],
  ['email', 'ana@x.ro', 'ana@yahoo.com', 'equal before the @'],
  ['email', 'robert255@smith.net', 'roberta25@smith.net', 'nearly equal'],
  ['email', 'ana@x.ro', 'mihai@yahoo.com', 'different'],
  ['phone', '+40722123456', '+40722123457', 'one digit differs'],
  ['phone', '+40722123456', '+40733987654', 'different'],
  ['number', '5304218', '5304281', 'two digits differ'],
  ['number', '5304218', '4066625', 'different'],
  ['exact', 'nsw', 'vic', 'different'],
])('%s: "%s" beside "%s" is %s', async (kind, one, other, level) => {
  expect(await levelOf({ kind }, one, other)).toBe(level);
});

it('finds a name in the place of the other one', async () => {
  expect(await levelOf({ kind: 'name', counterpart: 1 }, 'popescu', 'ana')).toBe(
    'in the place of the other name',
  );
  expect(await levelOf({ kind: 'name' }, 'popescu', 'ana')).toBe('different');
});
