import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceId } from '../src/base/ids.ts';
import { openDuckdb } from '../src/engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { sql } from '../src/engine/sql.ts';
import { ingestSource } from '../src/sources/ingest.ts';
import { loadedSources } from '../src/sources/loaded-source.ts';
import { sourceConfig } from '../src/sources/source-config.ts';
import { unify } from '../src/unify/unify.ts';
import { proposeFromData } from '../src/unify/probabilistic/propose.ts';
import { unifyConfig } from '../src/unify/unify-config.ts';
import type { MatchConfig } from './match-configs.ts';
import { writeRecords, type TrueRecords } from './match-data.ts';

/** Over pairs of records: those found that are true, and those true that are found. */
export interface Quality {
  precision: number;
  recall: number;
  f1: number;
  /** Pairs that are true, and pairs that were found: a precision of nothing found is 0 as well. */
  pairs: number;
  joined: number;
  seconds: number;
}

/**
 * Reads and unifies records as a refresh does, and holds the people that come out against the truth: every two
 * records of one person are a pair.
 */
export async function matchQuality(records: readonly TrueRecords[], config: MatchConfig): Promise<Quality> {
  return withRecords(records, async (engine) => {
    const began = performance.now();
    await unify(engine, unifyConfig.parse(config), await loadedSources(engine), { now });
    const seconds = (performance.now() - began) / 1000;
    return { ...compare(records, await peopleFound(engine)), seconds };
  });
}

/**
 * The rules that `unify propose` makes of these records, in place of the score: for the one source alone, or between
 * sources. It sees what the matcher sees, so no truth.
 */
export async function byProposedRules(
  records: readonly TrueRecords[],
  config: MatchConfig,
): Promise<MatchConfig> {
  return withRecords(records, async (engine, folder) => {
    const proposals = await proposeFromData(
      engine,
      unifyConfig.parse(config),
      await loadedSources(engine),
      folder,
    );
    const rulesFor = (kind: 'deduplicate' | 'match') =>
      proposals.find(({ score }) => score.kind === kind)?.rules.map(({ fields }) => ({ fields })) ?? [];
    if (config.match !== undefined) return { ...config, match: rulesFor('match') };
    const sources = config.sources.map((source) => ({ ...source, deduplicate: rulesFor('deduplicate') }));
    return { ...config, sources };
  });
}

const now = new Date('2026-11-24T06:00:00.000Z');

async function withRecords<Result>(
  records: readonly TrueRecords[],
  work: (engine: Engine, folder: string) => Promise<Result>,
): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-match-'));
  const engine = await openDuckdb({ path: ':memory:' });
  try {
    for (const each of records) {
      // All text: a date that cannot be one would reject its record, and with it a person to be found.
      const columns = Object.fromEntries(each.header.map((column) => [column, { type: 'text' }]));
      const source = sourceConfig.parse({
        type: 'csv',
        path: writeRecords(folder, each),
        key: 'key',
        columns,
      });
      await ingestSource(engine, each.source as SourceId, source, { folder, now, scratch: folder, env: {} });
    }
    return await work(engine, folder);
  } finally {
    await engine.close();
    rmSync(folder, { recursive: true });
  }
}

async function peopleFound(engine: Engine): Promise<string[][]> {
  const rows = await engine.rows<{ source: string; key: string; customer_id: string }>(
    sql`SELECT source, key, customer_id FROM unify.record`,
  );
  const people = Map.groupBy(rows, ({ customer_id }) => customer_id);
  return [...people.values()].map((members) => members.map(({ source, key }) => `${source}:${key}`));
}

function compare(records: readonly TrueRecords[], found: readonly string[][]): Omit<Quality, 'seconds'> {
  const person = new Map<string, string>(
    records.flatMap(({ source, rows }) => rows.map((row) => [`${source}:${row.key}`, row.person] as const)),
  );
  const pairsOf = (members: number): number => (members * (members - 1)) / 2;
  const total = (sizes: Iterable<number>): number => [...sizes].reduce((sum, size) => sum + pairsOf(size), 0);
  const sizes = (of: readonly string[]): number[] =>
    [...Map.groupBy(of, (key) => person.get(key)).values()].map((group) => group.length);
  const pairs = total(sizes([...person.keys()]));
  const joined = total(found.map((members) => members.length));
  const right = found.reduce((sum, members) => sum + total(sizes(members)), 0);
  const [precision, recall] = [right / Math.max(joined, 1), right / Math.max(pairs, 1)];
  return {
    precision,
    recall,
    f1: (2 * precision * recall) / Math.max(precision + recall, 1e-9),
    pairs,
    joined,
  };
}
