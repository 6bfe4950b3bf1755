import { inputError } from '../base/errors.ts';
import type { Engine } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { isUsableAsOf, type CheckedAsOf } from './check-segments.ts';
import { localDay } from './local-day.ts';

/**
 * The day a segment counts from, `YYYY-MM-DD` in the workspace's time zone. The newest day of a column
 * without any value is today.
 * @throws `input` `as_of_unusable` when the newest day cannot be meant, as 9999-12-31
 */
export async function asOfDay(
  engine: Engine,
  asOf: CheckedAsOf,
  { now, timeZone }: { now: Date; timeZone: string },
): Promise<string> {
  switch (asOf.kind) {
    case 'now':
      return localDay(now, timeZone);
    case 'day':
      return asOf.day;
    case 'newest': {
      const [row] = await engine.rows<{ newest: string | null }>(
        sql`SELECT max(${name(asOf.column)}) AS newest FROM ${name('source', asOf.source)}`,
      );
      const newest = row?.newest ?? undefined;
      if (newest === undefined) return localDay(now, timeZone);
      const day = asOf.type === 'date' ? newest : localDay(new Date(newest), timeZone);
      if (isUsableAsOf(day)) return day;
      throw inputError(
        'as_of_unusable',
        `The newest date of "${asOf.source}.${asOf.column}" is too far off to count from.`,
        'Correct the data, or let the segment count from another column or date.',
      );
    }
    default:
      throw new Error(`no such as-of: ${JSON.stringify(asOf satisfies never)}`);
  }
}
