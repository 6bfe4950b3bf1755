import { randomUUID } from 'node:crypto';
import { createWriteStream, mkdirSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { inputError } from '../base/errors.ts';

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
