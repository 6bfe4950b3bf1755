import type { Dialect } from '../../engine/dialect.ts';
import { name, sql, type Sql } from '../../engine/sql.ts';
import type { ComparisonKind } from './score-config.ts';

/** A degree of agreement, as a condition on the rows `one` and `other` of `score_record`. */
export interface Level {
  label: string;
  holds: Sql;
}

/** The field at a place, as its comparison needs it. */
export interface Compared {
  kind: ComparisonKind;
  place: number;
  /** The place of the field that people mistake for this one: first and last name change places. */
  counterpart?: number | undefined;
}

/** The column of `score_record` that holds a field's form as text. */
export const valueColumn = (place: number): string => `value_${place}`;
/** The one that holds what stands before the "@" of an address. */
export const partColumn = (place: number): string => `part_${place}`;

/** What people know of a name by: below it stand names that merely share a few letters (Winkler 1990). */
export const nearlyEqual = 0.92;
const alike = 0.8;

/**
 * The levels of a field, the strongest first, of two filled values; where none holds they differ. Each level gets
 * its own weight from the data, so that a level too many costs nothing but a little certainty.
 */
export function levelsOf(dialect: Dialect, { kind, place, counterpart }: Compared): Level[] {
  const [one, other] = [name('one', valueColumn(place)), name('other', valueColumn(place))];
  const equal: Level = { label: 'equal', holds: sql`${one} = ${other}` };
  const jaroWinkler = (a: Sql, b: Sql, level: number): Sql =>
    sql`${dialect.similarity('jaroWinkler', a, b)} >= ${level}`;
  switch (kind) {
    case 'name': {
      const near = { label: 'nearly equal', holds: jaroWinkler(one, other, nearlyEqual) };
      const far = { label: 'alike', holds: jaroWinkler(one, other, alike) };
      if (counterpart === undefined) return [equal, near, far];
      const crossed = jaroWinkler(one, name('other', valueColumn(counterpart)), nearlyEqual);
      return [equal, near, { label: 'in the place of the other name', holds: crossed }, far];
    }
    case 'text':
      return [
        equal,
        { label: 'nearly equal', holds: jaroWinkler(one, other, nearlyEqual) },
        { label: 'alike', holds: jaroWinkler(one, other, alike) },
      ];
    case 'date':
      return [
        equal,
        { label: 'one digit differs', holds: sql`${edits(dialect, one, other)} <= 1` },
        { label: 'day and month exchanged', holds: exchanged(one, other) },
        { label: 'two digits differ', holds: sql`${edits(dialect, one, other)} <= 2` },
      ];
    case 'email': {
      const [local, otherLocal] = [name('one', partColumn(place)), name('other', partColumn(place))];
      return [
        equal,
        { label: 'equal before the @', holds: sql`${local} = ${otherLocal}` },
        { label: 'nearly equal', holds: jaroWinkler(one, other, nearlyEqual) },
        { label: 'nearly equal before the @', holds: jaroWinkler(local, otherLocal, nearlyEqual) },
      ];
    }
    case 'phone':
    case 'number':
      return [
        equal,
        { label: 'one digit differs', holds: sql`${edits(dialect, one, other)} <= 1` },
        { label: 'two digits differ', holds: sql`${edits(dialect, one, other)} <= 2` },
      ];
    case 'exact':
      return [equal];
    default:
      throw new Error(`no such comparison: ${String(kind satisfies never)}`);
  }
}

/** How many letters were typed wrong, left out or added. In brackets: what a dialect gives may be a sum. */
function edits(dialect: Dialect, one: Sql, other: Sql): Sql {
  return sql`round((1 - (${dialect.similarity('editDistance', one, other)})) * greatest(length(${one}), length(${other})))`;
}

/** Of dates as YYYYMMDD. */
function exchanged(one: Sql, other: Sql): Sql {
  return sql`substr(${one}, 1, 4) = substr(${other}, 1, 4) AND substr(${one}, 5, 2) = substr(${other}, 7, 2) AND substr(${one}, 7, 2) = substr(${other}, 5, 2)`;
}
