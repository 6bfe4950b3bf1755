import { createHash } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { stringify } from 'csv-stringify/sync';
import { inputError, PostriderError } from '../base/errors.ts';
import { uploadFolder } from './uploads.ts';

/** Rows that a program sends: each replaces the row with its key, or takes it away. */
export interface RowBatch {
  upsert: readonly Readonly<Record<string, string | number | boolean | null>>[];
  delete: readonly Readonly<Record<string, string | number>>[];
}

/** Where the parts of a source lie whose rows are pushed. */
export function pushedPlaces(dataFolder: string, source: string) {
  const folder = uploadFolder(dataFolder, source);
  return {
    path: join(folder, 'rows.csv'),
    changes: join(folder, 'changes', '*.csv'),
    deletions: join(folder, 'deletions', '*.csv'),
  };
}

/** Makes the empty source that rows are pushed to, and leaves one that is there as it is. */
export function preparePushed(dataFolder: string, source: string, columns: readonly string[]): void {
  const folder = uploadFolder(dataFolder, source);
  for (const each of ['changes', 'deletions'])
    mkdirSync(join(folder, each), { recursive: true, mode: 0o700 });
  const { path } = pushedPlaces(dataFolder, source);
  if (!existsSync(path)) writeFileSync(path, stringify([columns]), { mode: 0o600 });
}

/**
 * Writes a batch down, durably, for the next refresh.
 * @param batchKey the same one again: the batch is there already, or what is missing of it is written
 * @returns whether it was there, whole
 * @throws `input` / `row_column`, `row_key`, `row_twice`; `idempotency_reused`
 */
export function keepRows(
  dataFolder: string,
  source: string,
  shape: { columns: readonly string[]; key: readonly string[] },
  batch: RowBatch,
  { batchKey, now }: { batchKey: string; now: Date },
): { known: boolean } {
  checkBatch(shape, batch);
  const name = digest(batchKey);
  const content = digest(JSON.stringify(batch));
  const parts = [
    { kind: 'changes', columns: shape.columns, rows: batch.upsert },
    { kind: 'deletions', columns: shape.key, rows: batch.delete },
  ].map((part) => ({ ...part, folder: join(uploadFolder(dataFolder, source), part.kind) }));
  // Only what has its whole name was kept: an ending more is what a write that was cut off left behind.
  const kept = parts.map(({ folder }) => readdirSync(folder).filter((file) => file.endsWith('.csv')));
  const before = kept.flat().find((file) => file.split('.')[1] === name);
  if (before !== undefined && before.split('.')[2] !== content) {
    throw inputError(
      'idempotency_reused',
      'This idempotency key was used for other rows.',
      'Take a new key for each batch, and the same one only to send it again.',
    );
  }
  const file = before ?? `${timeAfter(kept.flat(), now)}.${name}.${content}.csv`;
  const missing = parts.filter(({ rows }, n) => rows.length > 0 && kept[n]?.includes(file) === false);
  for (const { folder, columns, rows } of missing) {
    const lines = rows.map((row) => columns.map((column) => cell(row[column])));
    put(join(folder, file), stringify([columns, ...lines]));
  }
  return { known: missing.length === 0 };
}

/**
 * What the name of a new file begins with: files are folded in by the order of their names, so it comes after all that
 * are there, also on a clock that went back.
 */
function timeAfter(names: readonly string[], now: Date): string {
  const newest = names
    .toSorted()
    .at(-1)
    ?.replace(/^(.{13})(..)(..)(...)Z.*$/, '$1:$2:$3.$4Z');
  const time = new Date(Math.max(now.getTime(), newest === undefined ? 0 : Date.parse(newest) + 1));
  return time.toISOString().replaceAll(/[:.]/g, '');
}

function checkBatch(
  { columns, key }: { columns: readonly string[]; key: readonly string[] },
  batch: RowBatch,
): void {
  const seen = new Set<string>();
  const check = (kind: 'upsert' | 'delete', allowed: readonly string[]) => {
    for (const [n, row] of batch[kind].entries()) {
      const place = `${kind}[${n}]`;
      const odd = Object.keys(row).find((column) => !allowed.includes(column));
      if (odd !== undefined)
        throw inputError(
          'row_column',
          `${place} has a column "${odd}" that the source does not have.`,
          `There are: ${allowed.join(', ')}.`,
        );
      const values = key.map((column) => row[column]);
      if (values.some((value) => value === undefined || value === null || value === ''))
        throw inputError(
          'row_key',
          `${place} lacks its key (${key.join(', ')}).`,
          'Every row is found again by its key.',
        );
      const text = JSON.stringify(values.map(String));
      if (seen.has(text))
        throw inputError(
          'row_twice',
          `${place} is about the same key as a row before it in this batch.`,
          'Send one last word for each key.',
        );
      seen.add(text);
    }
  };
  check('upsert', columns);
  check('delete', key);
}

function put(path: string, text: string): void {
  const partial = `${path}.part`;
  try {
    writeFileSync(partial, text, { mode: 0o600, flush: true });
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  // The name is written down as well, or it may be gone after the power was.
  const folder = openSync(dirname(path), 'r');
  fsyncSync(folder);
  closeSync(folder);
}

function cell(value: string | number | boolean | null | undefined): string {
  return value === null || value === undefined ? '' : String(value);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 24);
}

/** @returns the error, whoever throws it */
export function notPushable(source: string): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'source_not_pushable',
    message: `Rows of the source "${source}" are not pushed: it reads files or a database.`,
    hint: 'Make one for it: PUT /api/v1/sources/ID/pushed with its columns and key.',
  });
}
