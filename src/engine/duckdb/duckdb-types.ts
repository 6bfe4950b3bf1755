import type { ColumnType } from '../engine.ts';

/** DuckDB's names of our column types. */
export const duckdbTypeNames: Readonly<Record<ColumnType, string>> = {
  text: 'VARCHAR',
  integer: 'BIGINT',
  number: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  time: 'TIMESTAMP',
  texts: 'VARCHAR[]',
};
