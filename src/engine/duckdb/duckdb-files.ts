import { longestRecord, type DataFile } from '../data-file.ts';
import type { ColumnType } from '../engine.ts';
import { join, name, sql, type Sql } from '../sql.ts';
import { duckdbTypeNames } from './duckdb-types.ts';

/** A file as DuckDB's own table function over it. */
export function duckdbFileRows(file: DataFile): Sql {
  switch (file.format) {
    case 'csv': {
      const columns = file.columns.map(
        (column): Sql =>
          sql`${name(column.name)}: ${{ nodes: [{ text: `'${duckdbTypeNames[column.type]}'` }] }}`,
      );
      // Sniffing fails a whole file on one open quote and guesses from a sample: everything is set instead.
      return sql`read_csv(${file.path}, auto_detect = false, header = false, columns = {${join(columns)}},
        delim = ${file.delimiter}, quote = ${file.quote ?? ''}, escape = ${file.quote ?? ''}, new_line = '\\n',
        nullstr = '', allow_quoted_nulls = true, max_line_size = ${longestRecord}, parallel = ${!file.multiline})`;
    }
    case 'parquet':
      return sql`read_parquet(${file.path}, file_row_number = true)`;
    default:
      throw new Error(`no such file format: ${String(file satisfies never)}`);
  }
}

const ourTypes: Readonly<Record<string, ColumnType>> = {
  VARCHAR: 'text',
  UUID: 'text',
  ENUM: 'text',
  TINYINT: 'integer',
  SMALLINT: 'integer',
  INTEGER: 'integer',
  BIGINT: 'integer',
  UTINYINT: 'integer',
  USMALLINT: 'integer',
  UINTEGER: 'integer',
  // What passes 2^63 would fail the load, so the wide ones are kept as text.
  UBIGINT: 'text',
  HUGEINT: 'text',
  UHUGEINT: 'text',
  FLOAT: 'number',
  DOUBLE: 'number',
  DECIMAL: 'number',
  BOOLEAN: 'boolean',
  DATE: 'date',
  TIMESTAMP: 'time',
  TIMESTAMP_S: 'time',
  TIMESTAMP_MS: 'time',
  TIMESTAMP_NS: 'time',
  'TIMESTAMP WITH TIME ZONE': 'time',
};

/** `DECIMAL(10,2)` → `number`; lists, structs and bytes are none of ours. */
export function columnTypeOf(typeName: string): ColumnType | undefined {
  return typeName.endsWith(']') ? undefined : ourTypes[typeName.replace(/\(.*/s, '')];
}
