import type { Dialect } from './dialect.ts';
import type { Column, ColumnType, TableName } from './engine.ts';
import { join, name, sql, type Sql } from './sql.ts';

/** `CREATE TABLE` for these columns; an error if the table exists. */
export function createTable(dialect: Dialect, table: TableName, columns: readonly Column[]): Sql {
  const definitions = columns.map(
    (column): Sql => sql`${name(column.name)} ${typeRef(dialect, column.type)}`,
  );
  return sql`CREATE TABLE ${tableRef(table)} (${join(definitions)})`;
}

/** Adds a column, NULL in the rows that are there, behind the others. */
export function addColumn(dialect: Dialect, table: TableName, column: Column): Sql {
  return sql`ALTER TABLE ${tableRef(table)} ADD COLUMN ${name(column.name)} ${typeRef(dialect, column.type)}`;
}

/** The engine's name of a type, as it stands in a cast. */
export function typeRef(dialect: Dialect, type: ColumnType): Sql {
  return { nodes: [{ text: dialect.typeName(type) }] };
}

/** The quoted, qualified name of a table. */
export function tableRef(table: TableName): Sql {
  return name(table.schema, table.table);
}
