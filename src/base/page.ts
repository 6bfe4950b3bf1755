import { inputError } from './errors.ts';

/** A part of a list that may grow without end. */
export interface Page<Item> {
  items: Item[];
  /** Give it back as `cursor` for what follows; absent at the end. */
  next?: string;
}

export interface PageAsked {
  limit: number;
  cursor?: string | undefined;
}

/**
 * Makes a page of one item more than were asked for, which is how the end is known without counting.
 * @param keyOf what the order goes by; the next page begins behind the last item's
 */
export function pageOf<Item>(
  found: Item[],
  limit: number,
  keyOf: (item: Item) => string | number,
): Page<Item> {
  if (found.length <= limit) return { items: found };
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return last === undefined ? { items } : { items, next: writeCursor(keyOf(last)) };
}

/** Opaque on purpose: what is in it may change. */
function writeCursor(key: string | number): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/**
 * The key behind which a page begins, or undefined for the first page.
 * @throws `input` / `bad_cursor`
 */
export function readCursor(cursor: string | undefined): string | number | undefined {
  if (cursor === undefined) return undefined;
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (typeof key === 'string' || typeof key === 'number') return key;
  } catch {
    // Falls through: it is none of ours either way.
  }
  throw badCursor();
}

function badCursor(): Error {
  return inputError(
    'bad_cursor',
    'This cursor is none that was given out.',
    'Begin again without a cursor, and pass on "next" as it came.',
  );
}

/** As `readCursor`, for lists whose order goes by text. @throws `bad_cursor` */
export function readTextCursor(cursor: string | undefined): string | undefined {
  const key = readCursor(cursor);
  if (typeof key === 'number') throw badCursor();
  return key;
}

/** As `readCursor`, for lists whose order goes by whole numbers. @throws `bad_cursor` */
export function readNumberCursor(cursor: string | undefined): number | undefined {
  const key = readCursor(cursor);
  if (key !== undefined && !Number.isSafeInteger(key)) throw badCursor();
  return key as number | undefined;
}

/** The key of an item in a list whose order goes by time, and by id where times are equal. */
export function timeKey({ at, id }: { at: Date; id: string }): string {
  return `${at.toISOString()} ${id}`;
}

/** As `readCursor`, for a list whose keys are those of `timeKey`. @throws `bad_cursor` */
export function readTimeCursor(cursor: string | undefined): { at: Date; id: string } | undefined {
  const key = readTextCursor(cursor);
  if (key === undefined) return undefined;
  const [time = '', id] = key.split(' ');
  const at = new Date(time);
  if (Number.isNaN(at.getTime()) || id === undefined) throw badCursor();
  return { at, id };
}
