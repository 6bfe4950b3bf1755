import type { Session } from '../migrate.ts';

/**
 * The tables of a database in SQL, the same for embedded and server: what `migrations/schema.sql` holds, so
 * that a review of a migration sees what it does.
 */
export async function describeSchema(session: Pick<Session, 'rows'>): Promise<string> {
  const columns = await session.rows(`
    select c.relname as table, a.attname as name, format_type(a.atttypid, a.atttypmod) as type,
      a.attnotnull as required, pg_get_expr(d.adbin, d.adrelid) as default,
      a.attidentity <> '' as identity
    from pg_class c
    join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
    left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
    order by c.relname, a.attnum`);
  // PostgreSQL 18 lists NOT NULL among the constraints (type n), older ones do not; the columns say it anyway.
  const constraints = await session.rows(`
    select c.relname as table, pg_get_constraintdef(k.oid) as text
    from pg_constraint k join pg_class c on c.oid = k.conrelid
    where c.relnamespace = 'public'::regnamespace and k.contype <> 'n'
    order by c.relname, k.contype desc, k.conname`);
  const indexes = await session.rows(`
    select i.tablename as table, i.indexdef as text
    from pg_indexes i
    where i.schemaname = 'public'
      and not exists (select from pg_constraint k where k.conname = i.indexname and k.contype in ('p', 'u'))
    order by i.tablename, i.indexname`);

  const tables = [...new Set(columns.map((column) => String(column['table'])))];
  return tables
    .map((table) => {
      const mine = (row: Record<string, unknown>) => row['table'] === table;
      const lines = [...columns.filter(mine).map(describeColumn), ...constraints.filter(mine).map(textOf)];
      const body = lines.map((line) => `  ${line}`).join(',\n');
      const after = indexes.filter(mine).map((index) => `${textOf(index)};\n`);
      return `CREATE TABLE ${table} (\n${body}\n);\n${after.join('')}`;
    })
    .join('\n');
}

function describeColumn(column: Record<string, unknown>): string {
  const parts = [String(column['name']), String(column['type'])];
  if (column['required'] === true) parts.push('NOT NULL');
  if (column['identity'] === true) parts.push('GENERATED ALWAYS AS IDENTITY');
  if (typeof column['default'] === 'string') parts.push(`DEFAULT ${column['default']}`);
  return parts.join(' ');
}

function textOf(row: Record<string, unknown>): string {
  return String(row['text']);
}
