/**
 * SQL as values: a tree of text, names and bound values that a dialect renders at the last moment.
 * Names and values can only enter through `name` and `${…}`, never as text, so that nothing a user typed
 * ever becomes SQL.
 */
export type SqlValue = string | number | bigint | boolean | null | readonly string[];

export interface Sql {
  readonly nodes: readonly SqlNode[];
}

type SqlNode =
  | { readonly text: string }
  | { readonly name: readonly string[] }
  | { readonly value: SqlValue }
  | { readonly sql: Sql };

/** SQL text with `${…}` holes: another piece of `sql` is inserted, anything else is bound. */
export function sql(strings: TemplateStringsArray, ...holes: readonly (Sql | SqlValue)[]): Sql {
  const nodes: SqlNode[] = [];
  strings.forEach((text, index) => {
    if (text !== '') nodes.push({ text });
    if (index >= holes.length) return;
    const hole = holes[index] as Sql | SqlValue;
    nodes.push(isSql(hole) ? { sql: hole } : { value: hole });
  });
  return { nodes };
}

/** A quoted, possibly qualified identifier: `name('source', 'crm')` → `"source"."crm"`. */
export function name(...path: readonly [string, ...string[]]): Sql {
  return { nodes: [{ name: path }] };
}

/** `pieces` with `separator` between them; the separator is SQL text of ours, never input. */
export function join(pieces: readonly Sql[], separator = ', '): Sql {
  return {
    nodes: pieces.flatMap((piece, index): SqlNode[] =>
      index === 0 ? [{ sql: piece }] : [{ text: separator }, { sql: piece }],
    ),
  };
}

/**
 * A whole number as text of the query, where what a driver makes of a bound one, its width above all, would matter.
 * @throws RangeError for any other number
 */
export function wholeNumber(number: number): Sql {
  if (!Number.isSafeInteger(number)) throw new RangeError(`${number} is no whole number`);
  return { nodes: [{ text: String(number) }] };
}

/** Nothing: for optional clauses. */
export const nothing: Sql = { nodes: [] };

export interface RenderedSql {
  /** Text with `$1`, `$2`, … */
  text: string;
  values: SqlValue[];
}

/** The one way from a tree to text; a dialect says how a name is quoted. */
export function renderSql(query: Sql, quoteName: (name: string) => string): RenderedSql {
  const parts: string[] = [];
  const values: SqlValue[] = [];
  const walk = (piece: Sql): void => {
    for (const node of piece.nodes) {
      if ('text' in node) parts.push(node.text);
      else if ('name' in node) parts.push(node.name.map(quoteName).join('.'));
      else if ('sql' in node) walk(node.sql);
      else {
        values.push(node.value);
        parts.push(`$${values.length}`);
      }
    }
  };
  walk(query);
  return { text: parts.join(''), values };
}

function isSql(hole: Sql | SqlValue): hole is Sql {
  return typeof hole === 'object' && hole !== null && 'nodes' in hole;
}
