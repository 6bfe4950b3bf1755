import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { castCell, isoDate, isoTime, readCell } from './read-cell.ts';
import type { DeclaredColumn } from './source-config.ts';

/** A type, and how its cells are written where that is not the plain way: what `columns` could declare. */
export interface Reading {
  type: Exclude<DeclaredColumn['type'], 'text'>;
  format?: string;
}

/** What every cell of the column (trimmed, not blank) must satisfy before a candidate is looked at. */
export type Shape = 'number' | 'word' | 'day';

/** A way to read a column, and what its cells must look like for it. */
export interface TypeCandidate {
  reading: Reading;
  shape: Shape;
  /** Whether a cell can be read so. */
  passes(dialect: Dialect, text: Sql): Sql;
  /** What must be there in some cell at least; absent: nothing. An aggregate. */
  needs?(dialect: Dialect, text: Sql): Sql;
}

export const shapes: Readonly<Record<Shape, string>> = {
  number: '^-?[0-9][0-9.,]*$',
  word: '^[A-Za-z]{2,5}$',
  day: '^[0-9]{1,4}[-./][0-9]{1,2}[-./]',
};

/** The plain ways, the most particular first; the first that all cells pass wins. */
export const plainCandidates: readonly TypeCandidate[] = [
  // A leading zero, a plus sign, an exponent or more than 15 digits mean that it is a code and no number.
  matching({ type: 'integer' }, 'number', '^(0|-?[1-9][0-9]{0,14})$'),
  matching({ type: 'number' }, 'number', '^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,15})?$'),
  {
    reading: { type: 'boolean' },
    shape: 'word',
    passes: (_, text) => sql`(lower(${text}) IN ('true', 'false'))`,
  },
  reading({ type: 'date' }, isoDate),
  reading({ type: 'time' }, isoTime),
];

const day = ['D.M.YYYY', 'D/M/YYYY', 'M/D/YYYY', 'D-M-YYYY', 'M-D-YYYY', 'YYYY/M/D', 'YYYY.M.D'];

/** The other ways; two of them that both fit all cells mean that nobody can tell. */
export const otherCandidates: readonly TypeCandidate[] = [
  {
    ...matching(
      { type: 'number', format: 'money' },
      'number',
      '^-?(0|[1-9][0-9]{0,2}(,[0-9]{3})+|[1-9][0-9]{0,14})([.][0-9]{1,15})?$',
    ),
    // Without decimals, groups of digits may as well be a telephone number or a code.
    needs: (dialect, text) => sql`bool_or(${dialect.matches(text, '[.][0-9]+$')})`,
  },
  {
    ...matching(
      { type: 'number', format: 'money-comma' },
      'number',
      '^-?(0|[1-9][0-9]{0,2}([.][0-9]{3})+|[1-9][0-9]{0,14})(,[0-9]{1,15})?$',
    ),
    needs: (dialect, text) => sql`bool_or(${dialect.matches(text, ',[0-9]+$')})`,
  },
  words('yes', 'no'),
  words('da', 'nu'),
  ...day.map((format) => reading({ type: 'date', format })),
  ...day.flatMap((format) =>
    ['H:mm', 'H:mm:ss'].map((clock) => reading({ type: 'time', format: `${format} ${clock}` })),
  ),
];

function matching(to: Reading, shape: Shape, pattern: string): TypeCandidate {
  return { reading: to, shape, passes: (dialect, text) => dialect.matches(text, pattern) };
}

// Both words must occur: a column of countries that says NO everywhere answers no question.
function words(yes: string, no: string): TypeCandidate {
  return {
    reading: { type: 'boolean', format: `${yes}/${no}` },
    shape: 'word',
    passes: (_, text) => sql`(lower(${text}) IN (${yes}, ${no}))`,
    needs: (_, text) => sql`(count(DISTINCT lower(${text})) = 2)`,
  };
}

function reading(to: Reading & { type: 'date' | 'time' }, iso?: string): TypeCandidate {
  return {
    reading: to,
    shape: 'day',
    passes: (dialect, text) => {
      if (iso === undefined)
        return sql`CASE WHEN ${text} IS NOT NULL THEN ${readCell(dialect, text, to)} IS NOT NULL END`;
      return sql`CASE WHEN ${dialect.matches(text, iso)} THEN ${castCell(dialect, text, to.type)} IS NOT NULL
        WHEN ${text} IS NOT NULL THEN false END`;
    },
  };
}
