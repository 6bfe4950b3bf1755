import type { ColumnType } from '../engine/engine.ts';

/**
 * The type of an attribute: that of its columns; `number` for integers and numbers, `time` for dates and
 * times (a date is its midnight), else `text`, which everything can become.
 */
export function attributeType(types: readonly ColumnType[]): ColumnType {
  const [first = 'text', ...others] = new Set(types);
  if (others.length === 0) return first;
  return widened(types) ?? 'text';
}

/** Whether types differ so much that only text holds them all. */
export function mixedTypes(types: readonly ColumnType[]): boolean {
  return new Set(types).size > 1 && widened(types) === undefined;
}

function widened(types: readonly ColumnType[]): ColumnType | undefined {
  if (types.every((type) => type === 'integer' || type === 'number')) return 'number';
  if (types.every((type) => type === 'date' || type === 'time')) return 'time';
  return undefined;
}
