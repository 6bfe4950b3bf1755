import type { TableName } from '../engine/engine.ts';
import type { Sql } from '../engine/sql.ts';

/**
 * The same query over other tables: whatever it names as one of `from` it names as its successor. Queries are trees in
 * which tables are names and never text, as `name()` makes them, so nothing else can be meant.
 */
export function overTables(query: Sql, tables: readonly { from: TableName; to: TableName }[]): Sql {
  return {
    nodes: query.nodes.map((node) => {
      if ('sql' in node) return { sql: overTables(node.sql, tables) };
      if (!('name' in node)) return node;
      const found = tables.find(
        ({ from }) => node.name.length === 2 && node.name[0] === from.schema && node.name[1] === from.table,
      );
      return found === undefined ? node : { name: [found.to.schema, found.to.table] };
    }),
  };
}
