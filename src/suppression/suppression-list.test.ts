import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretKeyOf } from '../connections/seal.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import {
  erasuresOf,
  openSuppression,
  suppress,
  unsuppress,
  type SuppressedThing,
  type Suppression,
} from './suppression-list.ts';
import { suppressionKeyOf } from './suppression-key.ts';
import { ensureSuppressionTables } from './suppression-tables.ts';

const keyOf = (fill: number) => suppressionKeyOf(secretKeyOf(createSecretKey(Buffer.alloc(32, fill))));
const key = keyOf(1);
const things: SuppressedThing[] = [
  { kind: 'address', address: 'ană@acme.test' },
  { kind: 'record', source: 'crm', key: '7\u001f"8"' },
  { kind: 'reference', column: 'crm.no', value: '0007' },
];

let engine: Engine;
let list: Suppression;
const emptyLists: unknown[] = [];
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:' });
  emptyLists.push(await openSuppression(engine, key));
  await ensureSuppressionTables(engine);
  emptyLists.push(await openSuppression(engine, key));
  await engine.commit(suppress(key, 'e1', things, new Date(0)));
  list = (await openSuppression(engine, key)) as Suppression;
});
afterAll(() => engine.close());

const holds = async (condition: Sql): Promise<unknown> =>
  (await engine.rows<{ held: unknown }>(sql`SELECT ${condition} AS held`))[0]?.held;

describe('the suppression list', () => {
  it('is none where nobody was erased: nothing needs to be digested', () => {
    expect(emptyLists).toEqual([undefined, undefined]);
  });

  it.each<[string, (list: Suppression) => Sql, boolean]>([
    ['an address', (l) => l.holdsAddress(sql`${'ană@acme.test'}`), true],
    ['another address', (l) => l.holdsAddress(sql`${'ana@acme.test'}`), false],
    ['no address', (l) => l.holdsAddress(sql`NULL`), false],
    ['a record', (l) => l.holdsRecord('crm', sql`${'7\u001f"8"'}`), true],
    ['the key in another source', (l) => l.holdsRecord('shop', sql`${'7\u001f"8"'}`), false],
    ['a row without a key', (l) => l.holdsRecord('crm', sql`NULL`), false],
    ['a reference', (l) => l.holdsReference('crm.no', sql`${'0007'}`), true],
    ['the value of another column', (l) => l.holdsReference('crm.nr', sql`${'0007'}`), false],
    // Kinds are apart: an address that is a record's key keeps nobody else out.
    ['a record as an address', (l) => l.holdsAddress(sql`${'0007'}`), false],
    ['a text with the address', (l) => l.holdsAddressIn(sql`${'1;"Ană@Acme.test";x'}`), true],
    ['a text with another', (l) => l.holdsAddressIn(sql`${'1;banană@acme.test;x'}`), false],
    ['no text', (l) => l.holdsAddressIn(sql`NULL`), false],
  ])('of %s', async (_what, condition, held) => {
    expect(await holds(condition(list))).toBe(held);
  });

  it('keeps nothing that can be read back', async () => {
    const rows = JSON.stringify(await engine.rows(sql`SELECT * FROM suppression.entry`));
    expect(rows).not.toMatch(/acme|0007|crm/);
  });

  it('says whose erasures an address was part of, to whoever has key and address', async () => {
    expect(await erasuresOf(engine, key, 'ană@acme.test')).toEqual(['e1']);
    expect(await erasuresOf(engine, keyOf(2), 'ană@acme.test')).toEqual([]);
  });

  it('is refused under another key, which would keep nobody out', async () => {
    await expect(openSuppression(engine, keyOf(2))).rejects.toMatchObject({
      kind: 'configuration',
      code: 'suppression_key_changed',
    });
  });

  it('holds each thing once for an erasure, and nothing once lifted', async () => {
    await engine.commit(suppress(key, 'e1', things, new Date(0)));
    expect(await engine.rows(sql`SELECT count(*) AS n FROM suppression.entry`)).toEqual([{ n: 3 }]);
    await engine.commit([unsuppress(['e1'])]);
    expect(await openSuppression(engine, key)).toBeUndefined();
    expect(await erasuresOf(engine, key, 'ană@acme.test')).toEqual(['e1']);
  });
});
