import { rm } from 'node:fs/promises';
import { join as joinPath } from 'node:path';
import type { Column, Engine } from '../engine/engine.ts';
import { join, sql, type Sql } from '../engine/sql.ts';
import { createTable, tableRef } from '../engine/table.ts';
import { copyJson } from './copy-json.ts';
import { copyLines, jsonSeparator } from './copy-jsonl.ts';
import type { SourceFile } from './find-files.ts';
import { headerNames } from './header-names.ts';
import { RecordWriter } from './record-writer.ts';
import { RejectFile } from './reject-file.ts';
import {
  cellName,
  placeColumns,
  type StagedColumn,
  type StagedSource,
  type StagingPlace,
} from './staged-source.ts';

/**
 * JSON lines, or a list in JSON → one record a line or item in the staging table, one column a key that occurs, in order
 * of first appearance. Strings stay strings; objects and lists are kept as JSON text. What is no object is rejected.
 */
export async function readJson(
  engine: Engine,
  type: 'json' | 'jsonl',
  files: readonly SourceFile[],
  place: StagingPlace,
): Promise<StagedSource> {
  const copy = type === 'json' ? copyJson : copyLines;
  const rejects = await RejectFile.create(place.source, joinPath(place.folder, 'rejects.csv'));
  let records = 0;
  try {
    await engine.commit([createTable(engine.dialect, place.lines, [...placeColumns, ...lineColumns])]);
    for (const [index, file] of files.entries()) {
      const path = joinPath(place.folder, `lines-${index}`);
      records += await copyFile(engine, file, path, rejects, tableRef(place.lines), copy);
    }
    await rejects.close();
    return await spread(engine, tableRef(place.lines), place, rejects, files, records);
  } catch (error) {
    await rejects.abandon();
    throw error;
  }
}

/** `json` where the line is an object, `other` where not: functions of JSON throw on text that is none. */
const lineColumns: readonly Column[] = [
  { name: 'json', type: 'text' },
  { name: 'other', type: 'text' },
];

async function copyFile(
  engine: Engine,
  file: SourceFile,
  path: string,
  rejects: RejectFile,
  into: Sql,
  copy: typeof copyLines,
): Promise<number> {
  const out = await RecordWriter.create(path);
  let records: number;
  try {
    records = await copy(file, out, rejects);
    await out.close();
  } catch (error) {
    await out.abandon();
    throw error;
  }
  const columns: Column[] = [
    { name: '_line', type: 'integer' },
    { name: 'json', type: 'text' },
  ];
  const rows = engine.dialect.fileRows({
    format: 'csv',
    path,
    columns,
    delimiter: jsonSeparator,
    quote: null,
    multiline: false,
  });
  const json = sql`json`;
  const isObject = engine.dialect.isJsonObject(json);
  await engine.commit([
    sql`INSERT INTO ${into} SELECT ${file.shown}, _line, CASE WHEN ${isObject} THEN json END,
      CASE WHEN NOT ${isObject} THEN left(json, 2000) END FROM ${rows}`,
  ]);
  await rm(path);
  return records;
}

/** Lines of JSON → one column a key. */
async function spread(
  engine: Engine,
  lines: Sql,
  place: StagingPlace,
  rejects: RejectFile,
  files: readonly SourceFile[],
  lineCount: number,
): Promise<StagedSource> {
  const { dialect } = engine;
  const json = sql`json`;
  const good = sql`(SELECT * FROM ${lines} WHERE json IS NOT NULL)`;
  const keys = (
    await engine.rows<{ key: string }>(
      sql`SELECT key FROM (
          SELECT _file, _line, unnest(${dialect.jsonKeys(json)}) AS key,
            generate_subscripts(${dialect.jsonKeys(json)}, 1) AS place
          FROM ${good} AS l) AS k
        GROUP BY key ORDER BY min(row(_file, _line, place))`,
    )
  ).map((row) => row.key);
  const { names, warnings } = headerNames(
    keys,
    files.length === 1 ? (files[0] as SourceFile).shown : 'the files',
  );
  const columns: StagedColumn[] = [];
  for (const [index, key] of keys.entries()) {
    const column = names[index] as string;
    const holds = place.declared(column) === undefined ? await whatHolds(engine, good, key) : 'text';
    columns.push({ name: column, cell: cellName(index), holds });
  }
  const cells = columns.map(({ cell, holds }): Column => ({
    name: cell,
    type: holds === 'strings' || holds === 'written' ? 'text' : holds,
  }));
  const values = keys.map((key, index) => {
    const { type } = cells[index] as Column;
    const text = dialect.jsonText(json, key);
    return type === 'text' ? sql`nullif(${text}, '')` : dialect.tryCast(text, type);
  });
  await engine.commit([
    createTable(dialect, place.table, [...placeColumns, ...cells]),
    sql`INSERT INTO ${tableRef(place.table)} SELECT ${join([sql`_file`, sql`_line`, ...values])} FROM ${good} AS l`,
  ]);
  const [counted] = await engine.rows<{ n: number }>(
    sql`SELECT count(*) AS n FROM ${lines} WHERE json IS NULL`,
  );
  const bad = counted?.n ?? 0;
  return {
    table: place.table,
    columns,
    records: lineCount - bad,
    rejected: rejects.count + bad,
    rejects: [
      ...(rejects.count === 0 ? [] : [rejects.select(dialect)]),
      ...(bad === 0
        ? []
        : [
            sql`SELECT ${place.source} AS source, _file AS file, _line AS line, NULL AS column_name,
              'not a JSON object' AS reason, other AS raw FROM ${lines} WHERE json IS NULL`,
          ]),
    ],
    warnings,
  };
}

/** What all values under a key are; text where they differ. */
async function whatHolds(engine: Engine, good: Sql, key: string): Promise<StagedColumn['holds']> {
  const { dialect } = engine;
  const rows = await engine.rows<{ kind: string | null; longest: number }>(
    sql`SELECT kind, max(length(value)) AS longest FROM (
        SELECT ${dialect.jsonKind(sql`json`, key)} AS kind, ${dialect.jsonText(sql`json`, key)} AS value FROM ${good} AS l
      ) AS k WHERE kind IS NOT NULL GROUP BY kind`,
  );
  const kinds = new Set(rows.map((row) => row.kind));
  const longest = Math.max(0, ...rows.map((row) => row.longest));
  if (kinds.size === 1 && kinds.has('text')) return 'strings';
  if (kinds.size === 1 && kinds.has('boolean')) return 'boolean';
  // More digits than a number of JavaScript keeps: a code.
  if (kinds.size === 1 && kinds.has('integer')) return longest > 15 ? 'text' : 'integer';
  if (kinds.size > 0 && [...kinds].every((kind) => kind === 'integer' || kind === 'number')) return 'number';
  return 'text';
}
