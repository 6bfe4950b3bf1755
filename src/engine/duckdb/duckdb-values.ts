import { DuckDBTypeId, type DuckDBValueConverter } from '@duckdb/node-api';
import {
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
} from '@duckdb/node-api';
import type { Cell } from '../engine.ts';

/** A value as DuckDB hands it out → a `Cell`. Integers past 2^53 lose digits: none of our counts get there. */
export const cellFromDuckdb: DuckDBValueConverter<Cell> = (value, type, converter) => {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return Number(value);
    default:
      break;
  }
  if (value instanceof DuckDBDateValue) return value.toString();
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return new Date(Number(value.micros / 1000n)).toISOString();
  }
  if (value instanceof DuckDBDecimalValue) return value.toDouble();
  if (value instanceof DuckDBListValue && type.typeId === DuckDBTypeId.LIST) {
    return value.items.map((item) => converter(item, type.valueType, converter) as string);
  }
  return value.toString();
};
