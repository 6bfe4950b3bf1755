import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Column, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { checkKey, type KeyPart } from './check-key.ts';
import type { SourceFile } from './find-files.ts';
import { inferTypes } from './infer-types.ts';
import { castCell, misfitReason, misfits, readCell, trimmed } from './read-cell.ts';
import { keyColumns, type DeclaredColumn, type SourceConfig } from './source-config.ts';
import type { StagedColumn, StagedSource } from './staged-source.ts';

/** A column of the source's table and what fills it. */
export interface PlannedColumn extends Column {
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
}

/**
 * Decides the type of every column and finds the rows that do not fit; nothing is written.
 * @throws `source_column_missing`, `source_all_rejected`, `source_key_blank`, `source_key_duplicate`
 */
export async function planLoad(
  engine: Engine,
  staged: StagedSource,
  config: SourceConfig,
  files: readonly SourceFile[],
): Promise<LoadPlan> {
  const { dialect } = engine;
  const names = staged.columns.map((column) => column.name);
  const where = files.length === 1 ? (files[0] as SourceFile).shown : config.path;
  for (const wanted of [...keyColumns(config), ...Object.keys(config.columns ?? {})]) {
    if (!names.includes(wanted)) {
      throw inputError(
        'source_column_missing',
        `${where} has no column "${wanted}".`,
        suggestName(wanted, names),
      );
    }
  }
  const declared = staged.columns.flatMap((column) => {
    const declaration = config.columns?.[column.name];
    return declaration === undefined ? [] : [{ column, declaration }];
  });
  const tests = declared.map(({ column, declaration }) => misfits(dialect, name(column.cell), declaration));
  const misfit = tests.length === 0 ? sql`false` : sql`(${join(tests, ' OR ')})`;
  const [counted] =
    tests.length === 0
      ? [{ n: 0 }]
      : await engine.rows<{ n: number }>(
          sql`SELECT count(*) AS n FROM ${tableRef(staged.table)} WHERE ${misfit}`,
        );
  const misfitting = counted?.n ?? 0;
  await refuseIfNothingFits(engine, staged, where, misfitting, declared);

  const untyped = staged.columns.filter(
    (column) =>
      (column.holds === 'written' || column.holds === 'strings') &&
      config.columns?.[column.name] === undefined,
  );
  const inferred = await inferTypes(engine, staged, untyped);
  const columns = staged.columns.map((column): PlannedColumn => {
    const cell = name(column.cell);
    const declaration = config.columns?.[column.name];
    if (declaration !== undefined) {
      return { name: column.name, type: declaration.type, value: readCell(dialect, cell, declaration) };
    }
    const type = inferred.get(column);
    if (type !== undefined) return { name: column.name, type, value: castCell(dialect, cell, type) };
    return { name: column.name, type: column.holds as Column['type'], value: cell };
  });

  const parts = keyColumns(config).map((column): KeyPart => {
    const cell = (staged.columns[names.indexOf(column)] as StagedColumn).cell;
    return { name: column, text: trimmed(sql`CAST(${name(cell)} AS VARCHAR)`) };
  });
  const key =
    parts.length === 0
      ? sql`CAST(NULL AS VARCHAR)`
      : join(
          parts.map((part) => part.text),
          ` || chr(31) || `,
        );
  if (parts.length > 0) {
    const good = sql`(SELECT * FROM ${tableRef(staged.table)} WHERE NOT ${misfit})`;
    await checkKey(engine, parts, key, good, config.type === 'parquet' ? 'row' : 'line');
  }
  return { columns, key, declared, misfit, misfitting };
}

/** A file of which no row is usable is a wrong file or a wrong declaration; the last good load is worth more. */
async function refuseIfNothingFits(
  engine: Engine,
  staged: StagedSource,
  where: string,
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
    `No row of ${where} can be used; the first, on line ${first?.line}: ${first?.reason}.`,
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
