import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  foreignTag,
  keptOutAddresses,
  sampleAudience,
  sampleMergeFields,
  type SampleMember,
} from './audience.ts';
import { changeSampleShop } from './change.ts';
import { writeSampleShop, type SampleShop } from './shop.ts';

let folder: string;
let shop: SampleShop;
let members: SampleMember[];
let inFiles: Set<string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sample-audience-'));
  shop = await writeSampleShop({ folder, people: 5000, seed: 5, now: new Date('2026-11-24T12:00:00Z') });
  members = await Array.fromAsync(sampleAudience(shop));
  const crm: { mail: string }[] = parse(await readFile(shop.files.crm), { columns: true });
  const customers: { email: string }[] = parse(await readFile(shop.files.shop), { columns: true });
  const addresses = [...crm.map(({ mail }) => mail), ...customers.map(({ email }) => email)];
  inFiles = new Set(addresses.map((address) => address.trim().toLowerCase()));
});
afterAll(() => rm(folder, { recursive: true }));

const foreign = (): SampleMember[] => members.filter(({ tags }) => tags.includes(foreignTag));
const ours = (): SampleMember[] => members.filter(({ tags }) => !tags.includes(foreignTag));

describe('the audience before the first export', () => {
  it('has no address twice and none that Mailchimp would refuse', async () => {
    // Many people, since few families have two members whom chance would put in.
    const many = await Array.fromAsync(sampleAudience({ world: { ...shop.world, people: 40_000 } }));
    const folded = many.map(({ address }) => address.toLowerCase());
    expect(new Set(folded).size).toBe(many.length);
    expect(folded.filter((address) => !/^[^@\s]+@[^@\s]+\.test$/.test(address))).toEqual([]);
  });

  it('has foreign contacts who are in no file, with fields of their own', () => {
    expect(foreign()).toHaveLength(150);
    expect(foreign().filter(({ address }) => inFiles.has(address.toLowerCase()))).toEqual([]);
    const tags = sampleMergeFields.map(({ tag }) => tag);
    for (const { mergeFields } of foreign())
      expect(Object.keys(mergeFields)).toEqual(['FNAME', 'LNAME', ...tags]);
  });

  it('has people of the shop, each with an address that a file holds', () => {
    expect(ours().filter(({ address }) => !inFiles.has(address.toLowerCase()))).toEqual([]);
  });

  it.each([
    ['subscribed', 0.06, 0.09],
    ['unsubscribed', 0.01, 0.025],
    ['cleaned', 0.002, 0.01],
  ] as const)('has people of the shop who are %s', (status, least, most) => {
    const share = ours().filter((member) => member.status === status).length / 5000;
    expect(share).toBeGreaterThan(least);
    expect(share).toBeLessThan(most);
  });

  it('names those who may not be subscribed again', () => {
    const keptOut = ours()
      .filter(({ status }) => status !== 'subscribed')
      .map(({ address }) => address.toLowerCase());
    expect([...keptOutAddresses(shop)]).toEqual(keptOut);
  });

  it('stays as it was whatever happens in the shop', async () => {
    const { shop: later } = await changeSampleShop(shop, { shares: { left: 0.2 } });
    expect(await Array.fromAsync(sampleAudience(later))).toEqual(members);
  });
});
