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
export const idPattern = /^[a-z][a-z0-9_-]{0,62}$/i;

/**
 * A key of the workspace file as an id, or an `input` error that names the place.
 * @param where for the message, as in `segments`
 */
export function parseId<Id extends Branded<string>>(text: string, where: string): Id {
  if (!idPattern.test(text)) {
    throw inputError(
      'bad_id',
      `"${text}" cannot be an id (${where}).`,
      'Begin with a letter and use letters, digits, "-" and "_" only, 63 at most; put the display name into "name".',
    );
  }
  return text as Id;
}

// No vowels and no look-alikes: run ids are read aloud and typed.
const alphabet = '23456789bcdfghjkmnpqrstvwxz';

/**
 * A short id for a run: sortable by start (seconds in base 27) with a random tail.
 * Two runs of one second differ by 27^4 to 1; the plan table's key catches the rest.
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
