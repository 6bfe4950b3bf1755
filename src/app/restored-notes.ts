import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CarriedList } from '../suppression/carry-list.ts';

/*
 * An older state in place of the present one knows less than was done: of Mailchimp, and of who was erased. What has to
 * follow is written beside the state before it is put in place, and struck out when it is done: a process that is killed
 * in between, or that cannot open the rest, leaves it to the next.
 */

/** What has to follow once an older state is in place. */
export interface RestoredNote {
  /** Why all exports are to be paused. */
  reason: string;
  /** Where what was there before lies, if it does. */
  before?: string | undefined;
  /** Who was erased since, to be taken out of that state. */
  carried?: CarriedList | undefined;
}

const placeOf = (dataFolder: string) => join(dataFolder, 'restored.json');

/** @returns the oldest first; of a state that is the present one: none */
export function restoredNotes(dataFolder: string): RestoredNote[] {
  const place = placeOf(dataFolder);
  return existsSync(place) ? (JSON.parse(readFileSync(place, 'utf8')) as RestoredNote[]) : [];
}

/** Puts these in place of those that are there. */
export function keepRestoredNotes(dataFolder: string, notes: readonly RestoredNote[]): void {
  const place = placeOf(dataFolder);
  if (notes.length === 0) return rmSync(place, { force: true });
  writeFileSync(`${place}.new`, JSON.stringify(notes), { mode: 0o600, flush: true });
  renameSync(`${place}.new`, place);
}
