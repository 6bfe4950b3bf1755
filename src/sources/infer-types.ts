import type { Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { SourceColumn } from './loaded-source.ts';
import { misfits, trimmed } from './read-cell.ts';
import type { DeclaredColumn } from './source-config.ts';
import type { StagedColumn, StagedSource } from './staged-source.ts';
import {
  otherCandidates,
  plainCandidates,
  shapes,
  type Reading,
  type Shape,
  type TypeCandidate,
} from './type-candidates.ts';

/** How columns are to be read, and what could not be decided, as whole sentences. */
export interface InferredTypes {
  readings: Map<StagedColumn, Reading | { type: 'text' }>;
  notes: string[];
}

/** So many rows rule out nearly every type of nearly every column, and cost nothing. */
const firstLook = 2000;

/**
 * The type of each staged column whose cells are only text so far, from every one of its values; columns without a
 * value are text. The column as a whole decides: where its cells fit two ways of writing dates or sums, it stays text.
 */
export async function inferTypes(
  engine: Engine,
  staged: StagedSource,
  columns: readonly StagedColumn[],
): Promise<InferredTypes> {
  const table = tableRef(staged.table);
  const few = sql`(SELECT * FROM ${table} LIMIT ${firstLook})`;
  const readings: InferredTypes['readings'] = new Map(columns.map((column) => [column, { type: 'text' }]));
  const wanted = await ask(engine, columns.flatMap(wantedQuestion), table, 'passes');
  for (const { column, candidate, answer } of wanted)
    if (answer !== false) readings.set(column, candidate.reading);

  const open = await withShapes(
    engine,
    columns.filter((column) => column.wants === undefined),
    few,
  );
  const plain = await standing(engine, candidatesFor(open, plainCandidates), few);
  const sure = (await ask(engine, plain, table, 'passes')).filter(({ answer }) => answer === true);
  for (const { column, candidate } of sure.toReversed()) readings.set(column, candidate.reading);

  const undecided = open.filter(({ column }) => readings.get(column)?.type === 'text');
  const others = await standing(engine, candidatesFor(undecided, otherCandidates), few);
  const fitting = (await ask(engine, others, table, 'passes')).filter(({ answer }) => answer === true);
  const needed = new Set(
    (await ask(engine, fitting, table, 'needs'))
      .filter(({ answer }) => answer === false)
      .map(({ key }) => key),
  );
  const notes: string[] = [];
  for (const [column, questions] of Map.groupBy(fitting, (question) => question.column)) {
    if (questions.every(({ key }) => needed.has(key))) continue;
    const [first] = questions;
    if (questions.length === 1 && first !== undefined) readings.set(column, first.candidate.reading);
    else
      notes.push(
        ambiguous(
          column.name,
          questions.map(({ candidate }) => candidate.reading),
        ),
      );
  }
  return { readings, notes };
}

/**
 * The types that these columns had before; undefined where a cell does not fit its own. A column that had no value yet
 * stays text here, and gets its type when the source is read whole again.
 */
export async function knownTypes(
  engine: Engine,
  staged: StagedSource,
  columns: readonly StagedColumn[],
  known: readonly SourceColumn[],
): Promise<InferredTypes | undefined> {
  const readings: InferredTypes['readings'] = new Map();
  const questions: Question[] = [];
  for (const column of columns) {
    const before = known.find((one) => one.name === column.name);
    const { type, format } = before ?? { type: 'text' };
    if (type === 'text' || type === 'texts') {
      readings.set(column, { type: 'text' });
      continue;
    }
    const [question] =
      column.wants === undefined
        ? candidatesFor([{ column, shapes: anyShape }], [...plainCandidates, ...otherCandidates]).filter(
            ({ candidate: { reading } }) => reading.type === type && reading.format === format,
          )
        : wantedQuestion(column);
    if (question === undefined || question.candidate.reading.type !== type) return undefined;
    readings.set(column, question.candidate.reading);
    questions.push(question);
  }
  const answers = await ask(engine, questions, tableRef(staged.table), 'passes');
  return answers.some(({ answer }) => answer === false) ? undefined : { readings, notes: [] };
}

const anyShape: ReadonlySet<Shape> = new Set(Object.keys(shapes) as Shape[]);

/** A candidate to try on a column. */
interface Question {
  key: string;
  column: StagedColumn;
  candidate: TypeCandidate;
}

function candidatesFor(
  columns: readonly { column: StagedColumn; shapes: ReadonlySet<Shape> }[],
  candidates: readonly TypeCandidate[],
): Question[] {
  return columns.flatMap(({ column, shapes: fitting }) =>
    candidates
      .filter(({ shape }) => fitting.has(shape))
      .map((candidate) => ({
        key: `${column.cell} ${JSON.stringify(candidate.reading)}`,
        column,
        candidate,
      })),
  );
}

/** Whether the cells have the type that the column has where it comes from. */
function wantedQuestion(column: StagedColumn): Question[] {
  const { wants } = column;
  if (wants === undefined || wants === 'text') return [];
  const declared: DeclaredColumn = { type: wants };
  return [
    {
      key: column.cell,
      column,
      candidate: {
        reading: { type: wants },
        shape: 'word',
        passes: (dialect, text) => sql`NOT ${misfits(dialect, text, declared)}`,
      },
    },
  ];
}

/** Which shapes the first cells of each column have: three questions a column in place of one for each candidate. */
async function withShapes(
  engine: Engine,
  columns: readonly StagedColumn[],
  from: Sql,
): Promise<{ column: StagedColumn; shapes: Set<Shape> }[]> {
  const questions = columns.flatMap((column) =>
    (Object.keys(shapes) as Shape[])
      .filter((shape) => column.holds === 'written' || shape === 'day')
      .map((shape) => ({ column, shape })),
  );
  const answers = await askEach(
    engine,
    questions.map(
      ({ column, shape }) => sql`bool_and(${engine.dialect.matches(textOf(column), shapes[shape])})`,
    ),
    from,
  );
  const open = questions.filter((_, index) => answers[index] !== false);
  return [...Map.groupBy(open, ({ column }) => column)].map(([column, those]) => ({
    column,
    shapes: new Set(those.map(({ shape }) => shape)),
  }));
}

/** Those that no row so far speaks against; a column may be blank for a long way. */
async function standing(engine: Engine, questions: readonly Question[], from: Sql): Promise<Question[]> {
  return (await ask(engine, questions, from, 'passes')).filter(({ answer }) => answer !== false);
}

async function ask<One extends Question>(
  engine: Engine,
  questions: readonly One[],
  from: Sql,
  what: 'passes' | 'needs',
): Promise<(One & { answer: boolean | null })[]> {
  const asked = questions.filter(({ candidate }) => candidate[what] !== undefined);
  const answers = await askEach(
    engine,
    asked.map(({ column, candidate }) => {
      const text = textOf(column);
      return what === 'passes'
        ? sql`bool_and(${candidate.passes(engine.dialect, text)})`
        : (candidate.needs?.(engine.dialect, text) as Sql);
    }),
    from,
  );
  return asked.map((question, index) => ({ ...question, answer: answers[index] ?? null }));
}

/** The values of aggregates over all rows of `from`. */
async function askEach(engine: Engine, aggregates: readonly Sql[], from: Sql): Promise<(boolean | null)[]> {
  const answers: (boolean | null)[] = [];
  // A statement of thousands of expressions takes longer to plan than to run.
  for (let start = 0; start < aggregates.length; start += 100) {
    const some = aggregates
      .slice(start, start + 100)
      .map((one, index) => sql`${one} AS ${name(`q${index}`)}`);
    const [row] = await engine.rows<Record<string, boolean | null>>(sql`SELECT ${join(some)} FROM ${from}`);
    answers.push(...some.map((_, index) => row?.[`q${index}`] ?? null));
  }
  return answers;
}

function textOf(column: StagedColumn): Sql {
  return sql`nullif(${trimmed(name(column.cell))}, '')`;
}

function ambiguous(column: string, readings: readonly Reading[]): string {
  const formats = readings.map(({ format }) => format).join(' or ');
  const [first] = readings;
  return (
    `Column "${column}" can be read in several ways (${formats}) and stays text; ` +
    `declare the right one, as in columns: { ${column}: { type: ${first?.type}, format: ${first?.format} } }.`
  );
}
