import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { checkKey, type KeyPart } from './check-key.ts';
import { inferTypes, knownTypes, type InferredTypes } from './infer-types.ts';
import type { SourceColumn } from './loaded-source.ts';
import { proposeSemantics } from './propose-semantics.ts';
import { castCell, misfitReason, misfits, readCell, trimmed } from './read-cell.ts';
import { keyColumns, type DeclaredColumn, type SourceConfig } from './source-config.ts';
import type { StagedColumn, StagedSource } from './staged-source.ts';

/** A column of the source's table and what fills it. */
export interface PlannedColumn {
  column: SourceColumn;
  value: Sql;
}

/** How staged cells become rows. */
export interface LoadPlan {
  columns: PlannedColumn[];
  key: Sql;
  declared: { column: StagedColumn; declaration: DeclaredColumn }[];
  /** Whether a staged record has a cell that is not of its declared type. */
  misfit: Sql;
  /** How many have. */
  misfitting: number;
  /** What could not be decided, as whole sentences. */
  notes: string[];
}

/** What is known of staged records beside themselves. */
export interface LoadFacts {
  /** Where they come from, for messages. */
  where: string;
  lineWord: 'line' | 'row';
  /** Those whose keys must differ, as a condition. */
  once: Sql;
  /** The columns as they were loaded before: the records must fit them. Absent: the records decide. */
  known?: readonly SourceColumn[];
}

/**
 * Decides the type of every column and finds the rows that do not fit; nothing is written. Undefined where records do
 * not fit the columns that are known.
 * @throws `source_column_missing`, `source_all_rejected`, `source_key_blank`, `source_key_duplicate`
 */
export async function planLoad(
  engine: Engine,
  staged: StagedSource,
  config: SourceConfig,
  { where, lineWord, once, known }: LoadFacts,
): Promise<LoadPlan | undefined> {
  const { dialect } = engine;
  const names = staged.columns.map((column) => column.name);
  await refuseIfNothingFits(engine, staged, { where, lineWord }, 0, []);
  requireColumns(where, names, Object.keys(config.columns ?? {}));
  const { parts, key } = keyOf(staged, config, where);
  const declared = staged.columns.flatMap((column) => {
    const declaration = config.columns?.[column.name];
    return declaration === undefined ? [] : [{ column, declaration }];
  });
  const tests = declared
    .filter(({ declaration }) => declaration.type !== 'text')
    .map(({ column, declaration }) => misfits(dialect, name(column.cell), declaration));
  const misfit = tests.length === 0 ? sql`false` : sql`(${join(tests, ' OR ')})`;
  const [counted] =
    tests.length === 0
      ? [{ n: 0 }]
      : await engine.rows<{ n: number }>(
          sql`SELECT count(*) AS n FROM ${tableRef(staged.table)} WHERE ${misfit}`,
        );
  const misfitting = counted?.n ?? 0;
  await refuseIfNothingFits(engine, staged, { where, lineWord }, misfitting, declared);

  const untyped = staged.columns.filter(
    (column) =>
      (column.holds === 'written' || column.holds === 'strings') &&
      config.columns?.[column.name] === undefined,
  );
  const types: InferredTypes | undefined =
    known === undefined
      ? await inferTypes(engine, staged, untyped)
      : await knownTypes(engine, staged, untyped, known);
  if (types === undefined) return undefined;
  const columns = staged.columns.map((column) => planColumn(engine, column, config, types));
  const meanings =
    known === undefined
      ? await proposeSemantics(
          engine,
          staged,
          columns.map(({ column }) => column),
        )
      : new Map(known.map((column) => [column.name, column.semantic]));
  for (const { column } of columns) {
    const declaredMeaning = config.columns?.[column.name]?.semantic;
    const semantic = declaredMeaning ?? meanings.get(column.name) ?? 'none';
    if (semantic !== 'none') column.semantic = semantic;
  }
  if (parts.length > 0) {
    const good = (also: Sql) =>
      sql`(SELECT * FROM ${tableRef(staged.table)} WHERE NOT ${misfit} AND ${also})`;
    await checkKey(engine, parts, key, { from: good(sql`true`), once: good(once), lineWord });
  }
  return { columns, key, declared, misfit, misfitting, notes: types.notes };
}

/**
 * The text of a record's key, and of its parts; NULL where there is no key.
 * @throws `source_column_missing`
 */
export function keyOf(
  staged: StagedSource,
  config: SourceConfig,
  where: string,
): { parts: KeyPart[]; key: Sql } {
  const names = staged.columns.map((column) => column.name);
  requireColumns(where, names, keyColumns(config));
  const parts = keyColumns(config).map((column): KeyPart => {
    const { cell } = staged.columns[names.indexOf(column)] as StagedColumn;
    return { name: column, text: trimmed(sql`CAST(${name(cell)} AS VARCHAR)`) };
  });
  if (parts.length === 0) return { parts, key: sql`CAST(NULL AS VARCHAR)` };
  return {
    parts,
    key: join(
      parts.map((part) => part.text),
      ` || chr(31) || `,
    ),
  };
}

function requireColumns(where: string, names: readonly string[], wanted: readonly string[]): void {
  const missing = wanted.find((one) => !names.includes(one));
  if (missing === undefined) return;
  throw inputError(
    'source_column_missing',
    `${where} has no column "${missing}".`,
    suggestName(missing, names),
  );
}

function planColumn(
  { dialect }: Engine,
  staged: StagedColumn,
  config: SourceConfig,
  { readings }: InferredTypes,
): PlannedColumn {
  const cell = name(staged.cell);
  const declaration = config.columns?.[staged.name];
  if (declaration !== undefined) {
    const { type } = declaration;
    const format = 'format' in declaration ? declaration.format : undefined;
    return {
      column: { name: staged.name, type, ...(format === undefined ? {} : { format }) },
      value: readCell(dialect, cell, declaration),
    };
  }
  const reading = readings.get(staged);
  if (reading === undefined)
    return { column: { name: staged.name, type: staged.holds as SourceColumn['type'] }, value: cell };
  const lax = staged.wants === reading.type && reading.type === 'number';
  return {
    column: { name: staged.name, ...reading },
    value:
      'format' in reading || lax
        ? readCell(dialect, cell, reading as DeclaredColumn)
        : castCell(dialect, cell, reading.type),
  };
}

/** A file of which no row is usable is a wrong file or a wrong declaration; the last good load is worth more. */
async function refuseIfNothingFits(
  engine: Engine,
  staged: StagedSource,
  { where, lineWord }: { where: string; lineWord: string },
  misfitting: number,
  declared: LoadPlan['declared'],
): Promise<void> {
  const rejected = staged.rejected + misfitting;
  if (rejected === 0 || staged.records > misfitting) return;
  const [first] =
    staged.rejects.length > 0
      ? await engine.rows<{ line: number; reason: string }>(
          sql`SELECT line, reason FROM (${staged.rejects[0] as Sql}) AS r ORDER BY file, line LIMIT 1`,
        )
      : await engine.rows<{ line: number; reason: string }>(
          sql`SELECT _line AS line, ${firstMisfit(engine, declared).reason} AS reason FROM ${tableRef(staged.table)}
            ORDER BY _file, _line LIMIT 1`,
        );
  throw inputError(
    'source_all_rejected',
    `No row of ${where} can be used; the first, on ${lineWord} ${first?.line}: ${first?.reason}.`,
    'Check that it is the right file, and "delimiter", "quote" and "columns". What was loaded before stays.',
  );
}

/** Column, reason and cell of the first misfit of a record: one line of the report for one record. */
export function firstMisfit(
  engine: Engine,
  declared: LoadPlan['declared'],
): { column: Sql; reason: Sql; raw: Sql } {
  const pick = (what: (one: LoadPlan['declared'][number]) => Sql): Sql => {
    const branches = declared.map(
      (one) => sql`WHEN ${misfits(engine.dialect, name(one.column.cell), one.declaration)} THEN ${what(one)}`,
    );
    return sql`CASE ${join(branches, ' ')} END`;
  };
  return {
    column: pick((one) => sql`${one.column.name}`),
    reason: pick((one) => sql`${misfitReason(one.declaration)}`),
    raw: pick((one) => name(one.column.cell)),
  };
}
