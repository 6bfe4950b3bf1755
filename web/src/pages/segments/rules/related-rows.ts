import type { RuleFields } from '../../../api/answers.ts';
import { isFilled, operatorsOf, valueKindOf, type FieldType } from './field-types.ts';
import {
  freshRelated,
  rowCounts,
  rowValues,
  type Group,
  type Related,
  type Rule,
  type RowValue,
} from './rule-shape.ts';

type Columns = RuleFields['tables'][number]['columns'];

export function isRowValue(asks: Related['asks']): asks is RowValue {
  return rowValues.some((each) => each === asks);
}

/** Whether a number of rows goes with it. */
export function hasThreshold(asks: Related['asks']): boolean {
  return asks === 'atLeast' || asks === 'atMost' || asks === 'exactly';
}

const isNumber = (type: FieldType) => type === 'integer' || type === 'number';
const hasOrder = (type: FieldType) => isNumber(type) || type === 'date' || type === 'time';

/** The columns that a value can be made of, as the server takes them; none where it needs no column. */
export function columnsFor(made: RowValue, columns: Columns): Columns {
  switch (made) {
    case 'count':
      return [];
    case 'countDistinct':
      return columns;
    case 'sum':
    case 'average':
      return columns.filter(({ type }) => isNumber(type));
    case 'min':
    case 'max':
      return columns.filter(({ type }) => hasOrder(type));
    case 'first':
    case 'last':
      return columns.filter(({ type }) => type !== 'texts');
    default:
      throw new Error(`no such value: ${String(made satisfies never)}`);
  }
}

/** The columns that say which row is the first and which the last. */
export function orderColumns(columns: Columns): Columns {
  return columns.filter(({ type }) => hasOrder(type));
}

/** What sort of value is made; undefined while its column was not chosen. */
export function madeType({ asks, column }: Related, columns: Columns): FieldType | undefined {
  if (asks === 'count' || asks === 'countDistinct') return 'integer';
  if (asks === 'sum' || asks === 'average') return 'number';
  return columns.find(({ name }) => name === column)?.type;
}

/**
 * What the editor holds of the server's rule over related rows.
 * @param group its conditions, for the editor
 */
export function relatedOf({ match, distinct, aggregate, operator, value }: Rule, group: Group): Related {
  const fresh = freshRelated(group);
  if (aggregate !== undefined) {
    const { function: asks, ...made } = aggregate;
    return { ...fresh, asks: asks as RowValue, ...made, operator, compared: value };
  }
  const mode = match?.mode === 'any' ? 'some' : match?.mode;
  return {
    ...fresh,
    asks: rowCounts.find((each) => each === mode) ?? 'some',
    threshold: match?.threshold ?? fresh.threshold,
    ...(distinct === undefined ? {} : { distinct }),
  };
}

/**
 * The rule as the server takes it; undefined while something of it is missing.
 * @param rows its conditions, for the server
 * @param kept what goes with it and is not shown
 */
export function saidOfRows(
  field: string,
  related: Related,
  { rows, columns, kept }: { rows: Group; columns: Columns; kept: Partial<Rule> },
): Rule | undefined {
  const { asks, threshold, distinct, column, by, operator, compared } = related;
  if (!isRowValue(asks)) {
    const counts = hasThreshold(asks);
    return {
      field,
      operator: '=',
      match: counts ? { mode: asks, threshold } : { mode: asks },
      ...(distinct === undefined || !counts ? {} : { distinct }),
      value: rows,
    };
  }
  const type = madeType(related, columns);
  if (type === undefined || !operatorsOf(type).includes(operator)) return undefined;
  if (asks !== 'count' && column === undefined) return undefined;
  const ordered = asks === 'first' || asks === 'last';
  if (ordered && by === undefined) return undefined;
  const kind = valueKindOf(type, operator);
  if (!isFilled(kind, compared)) return undefined;
  return {
    field,
    aggregate: {
      function: asks,
      ...(asks === 'count' || column === undefined ? {} : { column }),
      ...(ordered && by !== undefined ? { by } : {}),
    },
    ...(rows.rules.length === 0 ? {} : { where: rows }),
    operator,
    ...(kind === 'none' ? {} : { value: compared }),
    ...kept,
  };
}
