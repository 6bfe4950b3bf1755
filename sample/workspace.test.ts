import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SegmentId, SourceId } from '../src/base/ids.ts';
import { openDuckdb } from '../src/engine/duckdb/duckdb-engine.ts';
import { readProfileShape } from '../src/profiles/profile-shape.ts';
import { buildCatalogue } from '../src/segments/catalogue.ts';
import { refreshSegments } from '../src/segments/refresh-segments.ts';
import { ingestSource } from '../src/sources/ingest.ts';
import type { SourceLoad } from '../src/sources/loaded-source.ts';
import { unify } from '../src/unify/unify.ts';
import { parseWorkspace } from '../src/workspace/parse-workspace.ts';
import { writeSampleShop, type SampleShop } from './shop.ts';
import { writeSampleWorkspace } from './workspace.ts';

const now = new Date('2026-11-24T12:00:00Z');

/** Walks the line from the sources to the sizes of the segments. */
async function walk(path: string) {
  const file = parseWorkspace(await readFile(path, 'utf8'), path, { MAILCHIMP_API_KEY: 'none-us1' });
  if (file.unify === undefined) throw new Error('The workspace unifies nothing.');
  const engine = await openDuckdb({ path: ':memory:' });
  try {
    const loads: SourceLoad[] = [];
    for (const [id, config] of Object.entries(file.sources)) {
      loads.push(await ingestSource(engine, id as SourceId, config, { folder: dirname(path), now, env: {} }));
    }
    const { profiles } = await unify(engine, file.unify, loads, { now });
    const segments = new Map(Object.entries(file.segments).map(([id, config]) => [id as SegmentId, config]));
    const catalogue = buildCatalogue({
      profile: await readProfileShape(engine),
      sources: loads,
      unified: file.unify.sources.map(({ source }) => source),
      relationships: new Map(Object.entries(file.relationships)),
      segments,
    });
    const sizes = await refreshSegments(engine, segments, catalogue, { now, timeZone: 'Europe/Bucharest' });
    return {
      file,
      profiles,
      loads: Object.fromEntries(loads.map(({ source, rows, rejected }) => [source, { rows, rejected }])),
      members: Object.fromEntries(sizes.map(({ segment, members }) => [segment, members])),
    };
  } finally {
    await engine.close();
  }
}

describe('the sample workspace', () => {
  let folder: string;
  let shop: SampleShop;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sample-workspace-'));
    shop = await writeSampleShop({ folder, people: 3000, now });
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('takes the audience it is given', async () => {
    const path = await writeSampleWorkspace(folder, '0123456789');
    const file = parseWorkspace(await readFile(path, 'utf8'), path, { MAILCHIMP_API_KEY: 'none-us1' });
    expect(file.exports['newsletter']?.audience).toBe('0123456789');
  });

  it('makes of the files what the truth says, and no segment is empty', async () => {
    const { loads, profiles, members } = await walk(await writeSampleWorkspace(folder));
    const { records, brokenOrderLines, profilesByAddress } = shop.truth;
    expect(loads).toEqual({
      crm: { rows: records.crm, rejected: 0 },
      shop: { rows: records.shop, rejected: 0 },
      orders: { rows: records.orders - brokenOrderLines, rejected: brokenOrderLines },
    });
    expect(profiles).toBe(profilesByAddress);
    expect(Object.keys(members).toSorted()).toEqual(['big-spenders', 'bucharest', 'lapsed', 'newsletter']);
    expect(Math.min(...Object.values(members))).toBeGreaterThan(0);
  });
});

const adventureworks = fileURLToPath(new URL('../../shared/data/adventureworks', import.meta.url));

describe.skipIf(!existsSync(adventureworks))('the AdventureWorks workspace', () => {
  it('takes every customer and sale, and no segment is empty', async () => {
    const path = fileURLToPath(new URL('../examples/adventureworks/workspace.yaml', import.meta.url));
    const { loads, profiles, members } = await walk(path);
    expect(loads).toEqual({
      customers: { rows: 18_148, rejected: 0 },
      products: { rows: 293, rejected: 0 },
      sales: { rows: 56_046, rejected: 0 },
    });
    expect(profiles).toBe(18_148);
    expect(Object.keys(members).toSorted()).toEqual([
      'bike-no-helmet',
      'birthdays',
      'family-homes',
      'high-income',
      'recent',
      'regulars',
      'rich-and-idle',
      'three-orders',
    ]);
    expect(Math.min(...Object.values(members))).toBeGreaterThan(0);
  });
});
