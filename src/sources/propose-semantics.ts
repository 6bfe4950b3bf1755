import type { Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import type { SourceColumn } from './loaded-source.ts';
import { trimmed } from './read-cell.ts';
import { semanticOfName } from './semantic-names.ts';
import type { Semantic } from './semantics.ts';
import type { StagedColumn, StagedSource } from './staged-source.ts';

/** So far down the files people look too before they say what a column is. */
const firstLines = 3000;

const address = '^[^@\\s]+@[^@\\s]+[.][^@\\s]+$';
const number = '^[+(]?[0-9][0-9 ()./-]{4,}[0-9]$';

/**
 * What columns seem to mean: by their names, in the languages that we know, and for addresses and telephone numbers by
 * what stands in them. A name that the cells speak against proposes nothing.
 */
export async function proposeSemantics(
  engine: Engine,
  staged: StagedSource,
  columns: readonly SourceColumn[],
): Promise<Map<string, Semantic>> {
  const looks = await contentOf(engine, staged, columns);
  const proposals = new Map<string, Semantic>();
  for (const [index, column] of columns.entries()) {
    const content = looks[index] ?? { addresses: null, numbers: null };
    const named = semanticOfName(column.name);
    if ((content.addresses ?? 0) >= 0.9) proposals.set(column.name, 'email');
    else if (named !== undefined && fits(named, column.type, content)) proposals.set(column.name, named);
  }
  const proposed = new Set(proposals.values());
  const isOfPeople = proposed.has('email') || proposed.has('phone');
  for (const column of columns) {
    if (proposals.get(column.name) !== 'full_name' || !/^(name|nume)$/i.test(column.name)) continue;
    // The name beside a surname is the first one; the name of a product is no person's.
    if (proposed.has('last_name') && !proposed.has('first_name')) proposals.set(column.name, 'first_name');
    else if (proposed.has('first_name') && !proposed.has('last_name'))
      proposals.set(column.name, 'last_name');
    else if (!isOfPeople) proposals.delete(column.name);
  }
  return proposals;
}

interface Content {
  /** Shares of the cells that are not blank; null where all are. */
  addresses: number | null;
  numbers: number | null;
}

function fits(semantic: Semantic, type: SourceColumn['type'], content: Content): boolean {
  switch (semantic) {
    case 'email':
      return content.addresses === null ? type === 'text' : content.addresses >= 0.5;
    case 'phone':
      return content.numbers === null ? type === 'text' : content.numbers >= 0.5;
    case 'birth_date':
      return type === 'date' || type === 'time' || type === 'text';
    case 'consent':
      return type !== 'number' && type !== 'texts';
    case 'postal_code':
      return type === 'text' || type === 'integer';
    default:
      return type === 'text';
  }
}

async function contentOf(
  engine: Engine,
  staged: StagedSource,
  columns: readonly SourceColumn[],
): Promise<(Content | undefined)[]> {
  const asked = columns.flatMap(({ type }, index) => (type === 'text' || type === 'integer' ? [index] : []));
  const contents: (Content | undefined)[] = columns.map(() => undefined);
  const share = (text: Sql, pattern: string) =>
    sql`avg(CASE WHEN ${engine.dialect.matches(text, pattern)} THEN 1.0 WHEN ${text} IS NOT NULL THEN 0.0 END)`;
  for (let start = 0; start < asked.length; start += 50) {
    const some = asked.slice(start, start + 50);
    const answers = some.flatMap((index) => {
      const { cell } = staged.columns[index] as StagedColumn;
      const text = sql`nullif(${trimmed(sql`CAST(${name(cell)} AS VARCHAR)`)}, '')`;
      return [
        sql`${share(text, address)} AS ${name(`a${index}`)}`,
        sql`${share(text, number)} AS ${name(`n${index}`)}`,
      ];
    });
    const [row] = await engine.rows<Record<string, number | null>>(
      sql`SELECT ${join(answers)} FROM ${tableRef(staged.table)} WHERE _line <= ${firstLines}`,
    );
    for (const index of some)
      contents[index] = { addresses: row?.[`a${index}`] ?? null, numbers: row?.[`n${index}`] ?? null };
  }
  return contents;
}
