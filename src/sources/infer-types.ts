import type { ColumnType, Engine } from '../engine/engine.ts';
import type { Dialect } from '../engine/dialect.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { castCell, isoDate, isoTime, trimmed } from './read-cell.ts';
import type { StagedColumn, StagedSource } from './staged-source.ts';

type Inferred = Exclude<ColumnType, 'text' | 'texts'>;

/**
 * What a cell must look like; the most particular type that all cells of a column pass wins, else it is text. A leading
 * zero, a plus sign, an exponent or more than 15 digits mean that it is a code and no number.
 */
const candidates: readonly { type: Inferred; passes(dialect: Dialect, text: Sql): Sql }[] = [
  { type: 'integer', passes: (dialect, text) => dialect.matches(text, '^(0|-?[1-9][0-9]{0,14})$') },
  {
    type: 'number',
    passes: (dialect, text) => dialect.matches(text, '^-?(0|[1-9][0-9]{0,14})([.][0-9]{1,15})?$'),
  },
  { type: 'boolean', passes: (_, text) => sql`(lower(${text}) IN ('true', 'false'))` },
  { type: 'date', passes: fits('date', isoDate) },
  { type: 'time', passes: fits('time', isoTime) },
];

function fits(type: 'date' | 'time', pattern: string): (dialect: Dialect, text: Sql) => Sql {
  return (dialect, text) =>
    sql`CASE WHEN ${dialect.matches(text, pattern)} THEN ${castCell(dialect, text, type)} IS NOT NULL
      WHEN ${text} IS NOT NULL THEN false END`;
}

/** So many rows rule out nearly every type of nearly every column, and cost nothing. */
const firstLook = 2000;

/**
 * The type of each staged column whose cells are only text so far, from every one of its values; columns without a
 * value are text.
 */
export async function inferTypes(
  engine: Engine,
  staged: StagedSource,
  columns: readonly StagedColumn[],
): Promise<Map<StagedColumn, Inferred | 'text'>> {
  const open = columns.flatMap((column) =>
    candidates
      .filter(({ type }) => column.holds === 'written' || type === 'date' || type === 'time')
      .map((candidate) => ({ column, candidate })),
  );
  const table = tableRef(staged.table);
  const likely = await passing(engine, open, sql`(SELECT * FROM ${table} LIMIT ${firstLook})`);
  const sure = await passing(engine, likely, table);
  return new Map(
    columns.map((column) => [column, sure.find((one) => one.column === column)?.candidate.type ?? 'text']),
  );
}

type Question = { column: StagedColumn; candidate: (typeof candidates)[number] };

async function passing(engine: Engine, questions: readonly Question[], from: Sql): Promise<Question[]> {
  const passed: Question[] = [];
  // A statement of thousands of expressions takes longer to plan than to run.
  for (let start = 0; start < questions.length; start += 100) {
    const some = questions.slice(start, start + 100);
    const answers = some.map(({ column, candidate }, index) => {
      const text = sql`nullif(${trimmed(name(column.cell))}, '')`;
      return sql`bool_and(${candidate.passes(engine.dialect, text)}) AS ${name(`q${index}`)}`;
    });
    const [row] = await engine.rows(sql`SELECT ${join(answers)} FROM ${from}`);
    passed.push(...some.filter((_, index) => row?.[`q${index}`] === true));
  }
  return passed;
}
