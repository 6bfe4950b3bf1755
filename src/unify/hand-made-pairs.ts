import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { readListFile } from './list-file.ts';
import type { RecordReference, UnifyConfig } from './unify-config.ts';
import type { UnifyWarning } from './unify-plan.ts';
import { countRows, createScratch, scratch, scratchTable } from './unify-tables.ts';

/** Between the columns of a key in `_key` of a source. */
const keySeparator = '\u001f';

interface Reference {
  source: string;
  key: string;
}

/** Two records that somebody has said are one person, or are two. */
export interface HandMadePair {
  kind: 'always' | 'never';
  one: Reference;
  other: Reference;
}

/**
 * The pairs of the workspace file and of the files it names.
 * Errors: `unify_list_unreadable`, `unify_pair_invalid`, `unify_pair_source` (a source that is not unified),
 * `unify_pair_conflict` (the same two under "always" and "never").
 */
export async function readPairs(config: UnifyConfig, folder: string): Promise<HandMadePair[]> {
  const sources = config.sources.map(({ source }) => source);
  const pairs: HandMadePair[] = [];
  const seen = new Map<string, HandMadePair['kind']>();
  for (const kind of ['always', 'never'] as const) {
    for (const { one, other, at } of await written(
      config.pairs?.[kind] ?? [],
      folder,
      `unify.pairs.${kind}`,
    )) {
      const pair = { kind, one: referenceOf(one, at), other: referenceOf(other, at) };
      for (const { source } of [pair.one, pair.other]) {
        if (sources.includes(source)) continue;
        throw inputError(
          'unify_pair_source',
          `"${source}" is no source under unify.sources (${at}).`,
          suggestName(source, sources),
        );
      }
      const name = JSON.stringify(
        [pair.one, pair.other]
          .map(({ source, key }) => `${source}:${key}`)
          .toSorted((a, b) => (a < b ? -1 : 1)),
      );
      if ((seen.get(name) ?? kind) !== kind) {
        throw inputError(
          'unify_pair_conflict',
          `Two records are to be one person always and never (${at}).`,
          'Take the pair out of one of the two lists.',
        );
      }
      seen.set(name, kind);
      pairs.push(pair);
    }
  }
  return pairs;
}

interface WrittenPair {
  one: RecordReference;
  other: RecordReference;
  at: string;
}

async function written(
  list: string | readonly (readonly [RecordReference, RecordReference])[],
  folder: string,
  path: string,
): Promise<WrittenPair[]> {
  if (typeof list !== 'string') {
    return list.map(([one, other], index) => ({ one, other, at: `${path}[${index}]` }));
  }
  const lines = await readListFile(list, folder, path);
  return lines
    .filter(({ line, cells }) => line > 1 || cells.some((cell) => cell.includes(':')))
    .map(({ line, cells }) => {
      const [one, other, ...more] = cells;
      const at = `${list}, line ${line}`;
      if (one === undefined || other === undefined || more.length > 0) throw noPair(at);
      return { one, other, at };
    });
}

function referenceOf(reference: RecordReference, at: string): Reference {
  if (typeof reference !== 'string') {
    const [source = '', ...key] = reference;
    return { source, key: key.join(keySeparator) };
  }
  const colon = reference.indexOf(':');
  if (colon < 1 || colon === reference.length - 1) throw noPair(at);
  return { source: reference.slice(0, colon), key: reference.slice(colon + 1) };
}

function noPair(at: string) {
  return inputError(
    'unify_pair_invalid',
    `This is no pair of records (${at}).`,
    'Write source and key of both, as in crm:17,shop:9.',
  );
}

const pairColumns: Column[] = [
  { name: 'kind', type: 'text' },
  { name: 'source', type: 'text' },
  { name: 'key', type: 'text' },
  { name: 'other_source', type: 'text' },
  { name: 'other_key', type: 'text' },
];

/**
 * Puts the pairs whose records are here into the scratch table `pair (kind, n, head)` with `head` < `n`. The
 * others wait for their records to come back, with a warning.
 */
export async function findPairs(engine: Engine, pairs: readonly HandMadePair[]): Promise<UnifyWarning[]> {
  const rows = pairs.map(({ kind, one, other }) => [kind, one.source, one.key, other.source, other.key]);
  await engine.commit([
    createScratch(engine.dialect, 'written_pair', pairColumns),
    { into: scratchTable('written_pair'), columns: pairColumns, rows },
    sql`CREATE TABLE ${scratch('pair')} AS
      SELECT DISTINCT p.kind, greatest(a._n, b._n) AS n, least(a._n, b._n) AS head
      FROM ${scratch('written_pair')} p
      JOIN ${scratch('source')} s ON s.source = p.source
      JOIN ${scratch('record')} a ON a._position = s.position AND a._key = p.key
      JOIN ${scratch('source')} t ON t.source = p.other_source
      JOIN ${scratch('record')} b ON b._position = t.position AND b._key = p.other_key
      WHERE a._n <> b._n`,
  ]);
  const missing = pairs.length - (await countRows(engine, scratch('pair')));
  if (missing <= 0) return [];
  return [
    {
      code: 'pairs_without_records',
      message: `${missing} of ${pairs.length} pairs under unify.pairs name a record that is not here, a record twice, or a pair that is there already.`,
    },
  ];
}
