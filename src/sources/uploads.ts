import { createHash, randomUUID } from 'node:crypto';
import {
  createWriteStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { stringify } from 'csv-stringify/sync';
import { inputError, PostriderError } from '../base/errors.ts';

/** Where files lie that came through the network: readable for their owner only, and a folder for each source. */
export function uploadFolder(dataFolder: string, source: string): string {
  return join(dataFolder, 'uploads', source);
}

const goodName = /^[\p{L}\p{N}][\p{L}\p{N} ._()-]{0,120}$/u;

/**
 * Keeps a file for a source. It takes its place whole or not at all, so that a refresh reads no half of it.
 * @returns its path
 * @throws `input` / `upload_name`; as the stream
 */
export async function keepUpload(
  dataFolder: string,
  source: string,
  { name, content }: { name: string; content: Readable },
): Promise<string> {
  if (!goodName.test(name) || basename(name) !== name || name.includes('..')) {
    throw inputError(
      'upload_name',
      'A file cannot be kept under this name.',
      'Letters, digits, spaces, ".", "-", "_" and brackets, 120 at most: customers-2026.csv.',
    );
  }
  const folder = uploadFolder(dataFolder, source);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const place = join(folder, name);
  const partial = join(folder, `.${randomUUID()}.part`);
  try {
    await pipeline(content, createWriteStream(partial, { mode: 0o600, flush: true }));
    renameSync(partial, place);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
  return place;
}

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
 * @param batchKey the same one again: the batch is there already
 * @returns whether it was there
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
  const folder = uploadFolder(dataFolder, source);
  const name = digest(batchKey);
  const content = digest(JSON.stringify(batch));
  const before = ['changes', 'deletions']
    .flatMap((each) => (existsSync(join(folder, each)) ? readdirSync(join(folder, each)) : []))
    .find((file) => file.split('.')[1] === name);
  if (before !== undefined) {
    if (before.split('.')[2] === content) return { known: true };
    throw inputError(
      'idempotency_reused',
      'This idempotency key was used for other rows.',
      'Take a new key for each batch, and the same one only to send it again.',
    );
  }
  // The time first: files are folded in by the order of their names.
  const file = `${now.toISOString().replaceAll(/[:.]/g, '')}.${name}.${content}.csv`;
  const cells = (columns: readonly string[], rows: RowBatch['upsert']) =>
    stringify([columns, ...rows.map((row) => columns.map((column) => cell(row[column])))]);
  if (batch.upsert.length > 0) put(join(folder, 'changes', file), cells(shape.columns, batch.upsert));
  if (batch.delete.length > 0) put(join(folder, 'deletions', file), cells(shape.key, batch.delete));
  return { known: false };
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
  writeFileSync(partial, text, { mode: 0o600, flush: true });
  renameSync(partial, path);
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
