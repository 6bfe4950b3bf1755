import { inputError } from '../base/errors.ts';
import type { Cell, ColumnType, Engine } from '../engine/engine.ts';
import { join, name, sql } from '../engine/sql.ts';
import type { Catalogue } from './catalogue.ts';
import type { RuleGroup } from './rule.ts';
import { findField, suggestValues } from './suggest-values.ts';

/** What stands in one attribute of all people, for a segment made with one glance at it. */
export interface FieldOverview {
  field: string;
  type: ColumnType;
  /** The commonest values, of text and of yes or no. */
  top: { value: Cell; people: number }[];
  /** Of numbers, dates and times: the value below which this share of the people lies. */
  percentiles: { share: number; value: Cell }[];
  distinct: number;
  missing: number;
}

const topValues = 10;
const shares = [0, 0.1, 0.25, 0.5, 0.75, 0.9, 1];
const ordered: ReadonlySet<ColumnType> = new Set(['integer', 'number', 'date', 'time']);

/** @throws `unknown_field`, `values_unsuited` as `suggestValues` */
export async function fieldOverview(
  engine: Engine,
  catalogue: Catalogue,
  field: string,
): Promise<FieldOverview> {
  const { column, rows } = findField(catalogue, field);
  const { values, distinct, missing } = await suggestValues(engine, catalogue, field, { limit: topValues });
  const { type } = column;
  if (!ordered.has(type)) {
    const top = values.map(({ value, rows: people }) => ({ value, people }));
    return { field, type, top, percentiles: [], distinct, missing };
  }
  const cell = name('person', column.name);
  const at = shares.map(
    (share, index) => sql`${engine.dialect.percentile(cell, share)} AS ${name(`at_${index}`)}`,
  );
  const [row] = await engine.rows<Record<string, Cell>>(
    sql`SELECT ${join(at)} FROM ${rows} AS person WHERE ${cell} IS NOT NULL`,
  );
  const percentiles = shares.map((share, index) => ({ share, value: row?.[`at_${index}`] ?? null }));
  return { field, type, top: [], percentiles, distinct, missing };
}

/**
 * The rules of a segment of one value, as somebody writes it: equal for text, and for yes or no; for numbers, dates and
 * times from it on, or up to it with `<=` before it.
 * @throws `quick_value` for a value that the attribute cannot have
 */
export function quickRules(catalogue: Catalogue, field: string, text: string): RuleGroup {
  const { column } = findField(catalogue, field);
  const refuse = (wanted: string): never => {
    throw inputError('quick_value', `"${field}" is ${column.type}: expected ${wanted}.`);
  };
  const [, sign = '', bare = ''] = /^(>=|<=|=)?\s*(.*)$/s.exec(text.trim()) ?? [];
  switch (column.type) {
    case 'text':
      return rules({ field, operator: '=', value: text });
    case 'boolean':
      if (text !== 'true' && text !== 'false') return refuse('true or false');
      return rules({ field, operator: '=', value: text === 'true' });
    case 'integer':
    case 'number': {
      const value = Number(bare);
      if (bare === '' || !Number.isFinite(value))
        return refuse('a number, with >= or <= before it if you like');
      return rules({ field, operator: sign === '<=' ? '<=' : sign === '=' ? '=' : '>=', value });
    }
    case 'date':
    case 'time':
      if (!/^\d{4}-\d{2}-\d{2}$/.test(bare))
        return refuse('a day such as 2026-11-24, with >= or <= before it');
      return rules({
        field,
        operator: sign === '<=' ? '<=' : sign === '=' ? '=' : '>=',
        value: bare,
      });
    case 'texts':
      return refuse('an attribute that is no list');
    default:
      throw new Error(`no such type: ${String(column.type satisfies never)}`);
  }
}

function rules(rule: RuleGroup['rules'][number]): RuleGroup {
  return { combinator: 'and', rules: [rule] };
}
