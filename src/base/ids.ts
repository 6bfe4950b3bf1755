import { randomBytes } from 'node:crypto';
import { inputError } from './errors.ts';

declare const brand: unique symbol;
/** A string of one sort that does not pass for a string of another. */
export type Branded<Name extends string> = string & { readonly [brand]: Name };

export type SourceId = Branded<'SourceId'>;
export type SegmentId = Branded<'SegmentId'>;
export type ConnectionId = Branded<'ConnectionId'>;
export type ExportId = Branded<'ExportId'>;
export type RunId = Branded<'RunId'>;
/** Stable for one person over all refreshes. */
export type CustomerId = Branded<'CustomerId'>;

/** What keys in the workspace file look like: they become table and file names, so the set is narrow. */
// Without the i flag, which a JSON Schema made of it would lose.
export const idPattern = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

export const idRule = 'an id begins with a letter and has letters, digits, "-" and "_" only, 63 at most';

/** @throws `input` / `bad_id` */
export function refuseBadId(id: string): void {
  if (!idPattern.test(id)) throw inputError('bad_id', `"${id}" cannot be an id.`, `Take another: ${idRule}.`);
}

// No vowels and no look-alikes: run ids are read aloud and typed.
const alphabet = '23456789bcdfghjkmnpqrstvwxz';

/**
 * A short id for a run: sortable by start (seconds in base 27) with a random tail.
 * Two runs of one second differ by 27^4 to 1, and nothing looks whether they do.
 */
export function newRunId(now: Date, random: (bytes: number) => Uint8Array = randomBytes): RunId {
  let seconds = Math.floor(now.getTime() / 1000);
  let head = '';
  while (seconds > 0) {
    head = alphabet[seconds % alphabet.length] + head;
    seconds = Math.floor(seconds / alphabet.length);
  }
  const tail = Array.from(random(4), (byte) => alphabet[byte % alphabet.length]).join('');
  return `r${head}${tail}` as RunId;
}

/** What `newRunId` makes. An export may be called so too, but nobody does by accident. */
export const runIdPattern = new RegExp(`^r[${alphabet}]{10,}$`);
