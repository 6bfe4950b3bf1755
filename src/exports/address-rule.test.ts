import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { validAddress } from './address-rule.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openDuckdb({ path: ':memory:', threads: 1 });
});
afterAll(() => engine.close());

/** Of these addresses as a source has them, those that are sent. */
async function sendable(addresses: readonly string[]): Promise<Set<string>> {
  const { dialect } = engine;
  const rows = await engine.rows<{ address: string }>(sql`
    SELECT address FROM (SELECT unnest(${addresses}) AS address)
    WHERE ${validAddress(dialect, dialect.foldAddress(sql`address`))}`);
  return new Set(rows.map((row) => row.address));
}

const long = (character: string, length: number) => character.repeat(length);

describe('the address rule of docs/addresses.md', () => {
  it.each([
    // The page's own examples.
    'ana.pop+news@mail.example.org',
    'ANA@Mail.Example.ORG',
    "o'neil@shop.example.org",
    'ana@xn--mnchen-3ya.example',
    // Folding
    ' ana@example.org\t',
    '\u00a0ana@example.org\r\n',
    // Before the @
    'a@example.org',
    '1@example.org',
    '!#$%&@example.org',
    "'*+/=?^_`{|}~-@example.org",
    '-ana-@example.org',
    'a.b.c.d@example.org',
    `${long('a', 64)}@example.org`,
    // After it
    'ana@a.bc',
    'ana@1.2.example',
    'ana@my-shop.example',
    'ana@a--b.example',
    `ana@${long('a', 63)}.example`,
    `ana@example.${long('a', 63)}`,
    'ana@example.c1',
    // 254 characters in all
    `ana@${long('a', 60)}.${long('b', 60)}.${long('c', 60)}.${long('d', 60)}.efghij`,
  ])('sends %j', async (address) => {
    expect(await sendable([address])).toEqual(new Set([address]));
  });

  it.each([
    'ana@münchen.example',
    '"ana pop"@example.org',
    'ana@localhost',
    'ana@[192.0.2.1]',
    '.ana@example.org',
    'ana..pop@example.org',
    'ana@example.org (work)',
    'ana@192.0.2.1',
    // One @
    '',
    '@',
    'ana',
    'ana@',
    '@example.org',
    'ana@@example.org',
    'ana@pop@example.org',
    // Before it
    'ana.@example.org',
    'ana pop@example.org',
    'ana,pop@example.org',
    'ana;pop@example.org',
    'ana:pop@example.org',
    'ana<pop>@example.org',
    'ana(pop)@example.org',
    'ana\\pop@example.org',
    'ană@example.org',
    'ana\u0000@example.org',
    `${long('a', 65)}@example.org`,
    // After it
    'ana@.example.org',
    'ana@example.org.',
    'ana@example..org',
    'ana@-example.org',
    'ana@example-.org',
    'ana@example.-org',
    'ana@example.org-',
    'ana@exam_ple.org',
    'ana@example.o',
    'ana@example.1c',
    `ana@${long('a', 64)}.example`,
    `ana@example.${long('a', 64)}`,
    // 255 characters in all
    `ana@${long('a', 60)}.${long('b', 60)}.${long('c', 60)}.${long('d', 60)}.efghijk`,
    // Lines and lists
    'ana@example.org\nion@example.org',
    'ana@example.org, ion@example.org',
    'ana@example.org>',
    'mailto:ana@example.org',
    'Ana <ana@example.org>',
    // Cyrillic а
    '\u0430na@example.org',
    // Something invisible in the middle
    'ana\u200b@example.org',
    'ana@exam\u00adple.org',
  ])('does not send %j', async (address) => {
    expect(await sendable([address])).toEqual(new Set());
  });

  it('says no, not NULL, to no address at all', async () => {
    expect(
      await engine.rows(sql`SELECT ${validAddress(engine.dialect, sql`NULL::VARCHAR`)} AS valid`),
    ).toEqual([{ valid: false }]);
  });
});

/**
 * What the best known collection says of 164 addresses. It grades by the standards and by DNS answers of 2010;
 * we ask only whether an address can be mailed in its plain form.
 */
const vectors = new URL('../../../shared/data/isemail/tests.xml', import.meta.url);

describe.skipIf(!existsSync(vectors))('beside isemail', () => {
  const cases = existsSync(vectors) ? readVectors(readFileSync(vectors, 'utf8')) : [];

  it('has vectors', () => {
    expect(cases).toHaveLength(164);
  });

  // Outer blanks are taken away before the rule is asked, so these vectors say nothing about it.
  const plain = cases.filter(({ address }) => address === address.trim());

  it('lets only addresses through that isemail calls valid, or valid but for a domain that had no mail server', async () => {
    const sent = await sendable(plain.map((each) => each.address));
    const passed = plain.filter(({ address }) => sent.has(address));
    expect(count(passed.map(({ category }) => category))).toEqual({ VALID_CATEGORY: 13, DNSWARN: 6 });
  });

  it('makes one sendable address of all those with blanks around, whatever isemail says of the blanks', async () => {
    const padded = cases.map(({ address }) => address).filter((address) => address !== address.trim());
    const sent = await sendable(padded);
    expect(new Set([...sent].map((address) => address.trim()))).toEqual(new Set(['test@iana.org']));
  });

  it('refuses of what is legal on paper only what no mail service takes: odd forms, no dot, a last label of one letter', async () => {
    const sent = await sendable(plain.map((each) => each.address));
    const refused = plain.filter(({ address, category }) => category !== 'ERR' && !sent.has(address));
    // Quoted parts, comments, folding white space, address literals, parts that are too long.
    expect(count(refused.map(({ category }) => category))).toEqual({
      CFWS: 4,
      DEPREC: 17,
      DNSWARN: 2,
      RFC5321: 16,
      RFC5322: 30,
      VALID_CATEGORY: 1,
    });
    const good = refused.filter(({ category }) => category === 'VALID_CATEGORY' || category === 'DNSWARN');
    expect(good.map(({ address }) => address.slice(-4))).toEqual(['t@io', 'na.a', '.u.v']);
  });
});

function count(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

interface Vector {
  address: string;
  category: string;
  diagnosis: string;
}

function readVectors(xml: string): Vector[] {
  const entities: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };
  const decoded = (text: string) =>
    text
      .replaceAll(/&#x([0-9a-f]+);/gi, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)))
      .replaceAll(/&([a-z]+);/g, (entity, name: string) => entities[name] ?? entity)
      // Control characters stand there as their pictures.
      .replaceAll(/[\u2400-\u241f]/g, (picture) => String.fromCodePoint(picture.charCodeAt(0) - 0x2400));
  return Array.from(xml.matchAll(/<test id=[\s\S]*?<\/test>/g), ([test]) => {
    const text = (tag: string) => new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`).exec(test)?.[1] ?? '';
    return {
      address: decoded(text('address')),
      category: text('category').replace('ISEMAIL_', ''),
      diagnosis: text('diagnosis').replace('ISEMAIL_', ''),
    };
  });
}
