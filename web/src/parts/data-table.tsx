import { Checkbox, Group, Table, UnstyledButton } from '@mantine/core';
import { IconArrowDown, IconArrowsSort, IconArrowUp } from '@tabler/icons-react';
import {
  createSortedRowModel,
  rowSortingFeature,
  sortFns,
  tableFeatures,
  useTable,
  type ColumnDef,
} from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useMemo, useRef, useSyncExternalStore, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import classes from './data-table.module.css';

/** A column: what to show, and what to sort by where that is something else. */
export interface DataColumn<Row> {
  id: string;
  head: string;
  cell: (row: Row) => ReactNode;
  /** What rows are sorted by; absent: they are not sorted by this column. */
  sort?: (row: Row) => string | number | null;
  /** Numbers stand at the end, under each other. */
  numeric?: boolean;
  width?: number | string;
}

/** Rows that are chosen, so that something can be done with all of them. */
export interface Selection<Row> {
  chosen: ReadonlySet<string>;
  onChange: (chosen: ReadonlySet<string>) => void;
  /** What the row is called, for those who do not see it. */
  nameOf: (row: Row) => string;
}

const features = tableFeatures({
  rowSortingFeature,
  sortedRowModel: createSortedRowModel(),
  sortFns,
});

/** So many rows are drawn at once; of more, only those that are looked at. */
const drawnWhole = 40;
const rowHeight = 53;

/**
 * Rows in columns that can be sorted. A long list is drawn a window at a time, and asks for more near its end; while
 * more may come it is in the server's order, for of those that happen to be here the first are not the first of all.
 * @param more asks for the next rows; absent: these are all
 */
export function DataTable<Row>({
  label,
  rows,
  columns,
  rowId,
  more,
  selection,
}: {
  label: string;
  rows: readonly Row[];
  columns: readonly DataColumn<Row>[];
  rowId: (row: Row) => string;
  more?: (() => void) | undefined;
  selection?: Selection<Row> | undefined;
}) {
  const { t } = useTranslation();
  const whole = more === undefined;
  const defined = useMemo(
    () =>
      columns.map(({ id, sort }): ColumnDef<typeof features, Row & object> => ({
        id,
        accessorFn: (row) => sort?.(row) ?? undefined,
        enableSorting: whole && sort !== undefined,
        sortUndefined: 'last',
      })),
    [columns, whole],
  );
  const table = useTable({
    features,
    columns: defined,
    data: rows as (Row & object)[],
    getRowId: rowId,
  });
  const shown = table.getRowModel().rows;
  const frame = useRef<HTMLDivElement>(null);
  const printing = usePrinting();
  // Paper has no window to scroll in.
  const windowed = shown.length > drawnWhole && !printing;
  const virtual = useVirtualizer({
    count: windowed ? shown.length : 0,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 12,
  });
  const drawn = virtual.getVirtualItems();
  const last = drawn.at(-1)?.index ?? 0;
  useEffect(() => {
    if (windowed && last > shown.length - 30) more?.();
  }, [windowed, last, shown.length, more]);
  const items = windowed ? drawn.map(({ index }) => shown[index]) : shown;
  const above = windowed ? (drawn[0]?.start ?? 0) : 0;
  const below = windowed ? virtual.getTotalSize() - (drawn.at(-1)?.end ?? 0) : 0;

  return (
    <div
      ref={frame}
      className={windowed ? classes.tall : classes.wide}
      // It can be scrolled, so it can be reached by the keyboard.
      tabIndex={0}
      role="region"
      aria-label={label}
    >
      <Table aria-rowcount={whole ? rows.length + 1 : -1} stickyHeader={windowed}>
        <Table.Thead>
          <Table.Tr>
            {selection === undefined ? null : (
              <Table.Th w={40}>
                <Checkbox
                  size="xs"
                  aria-label={t('act.chooseAll')}
                  checked={rows.length > 0 && rows.every((row) => selection.chosen.has(rowId(row)))}
                  indeterminate={isPartly(rows.map(rowId), selection.chosen)}
                  onChange={(event) =>
                    selection.onChange(new Set(event.currentTarget.checked ? rows.map(rowId) : []))
                  }
                />
              </Table.Th>
            )}
            {table.getHeaderGroups()[0]?.headers.map(({ id, column }, index) => {
              const { head, numeric, width, sort } = columns[index] as DataColumn<Row>;
              const sorts = whole && sort !== undefined;
              const direction = column.getIsSorted();
              const order = direction === 'asc' ? 'ascending' : direction === 'desc' ? 'descending' : 'none';
              return (
                <Table.Th
                  key={id}
                  w={width}
                  ta={numeric === true ? 'end' : 'start'}
                  {...(sorts ? { 'aria-sort': order } : {})}
                >
                  {!sorts ? (
                    head
                  ) : (
                    <UnstyledButton
                      className={classes.head}
                      onClick={column.getToggleSortingHandler()}
                      fw="inherit"
                      fz="inherit"
                    >
                      <Group gap={4} wrap="nowrap" justify={numeric === true ? 'flex-end' : 'flex-start'}>
                        {head}
                        {direction === 'asc' ? (
                          <IconArrowUp size={14} aria-hidden />
                        ) : direction === 'desc' ? (
                          <IconArrowDown size={14} aria-hidden />
                        ) : (
                          <IconArrowsSort size={14} aria-hidden className={classes.unsorted} />
                        )}
                      </Group>
                    </UnstyledButton>
                  )}
                </Table.Th>
              );
            })}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {above > 0 ? <tr style={{ height: above }} aria-hidden /> : null}
          {items.map((row, index) =>
            row === undefined ? null : (
              // The head is the first of all rows.
              <Table.Tr key={row.id} aria-rowindex={(drawn[index]?.index ?? index) + 2}>
                {selection === undefined ? null : (
                  <Table.Td>
                    <Checkbox
                      size="xs"
                      aria-label={t('act.choose', { name: selection.nameOf(row.original) })}
                      checked={selection.chosen.has(row.id)}
                      onChange={(event) =>
                        selection.onChange(
                          withOrWithout(selection.chosen, row.id, event.currentTarget.checked),
                        )
                      }
                    />
                  </Table.Td>
                )}
                {columns.map(({ id, cell, numeric }) => (
                  <Table.Td key={id} ta={numeric === true ? 'end' : 'start'} className={classes.cell}>
                    {cell(row.original)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ),
          )}
          {below > 0 ? <tr style={{ height: below }} aria-hidden /> : null}
        </Table.Tbody>
      </Table>
    </div>
  );
}

const paper = () => window.matchMedia('print');

/** Whether the page is being put on paper. */
function usePrinting(): boolean {
  return useSyncExternalStore(
    (changed) => {
      const media = paper();
      media.addEventListener('change', changed);
      return () => media.removeEventListener('change', changed);
    },
    () => paper().matches,
  );
}

function isPartly(ids: readonly string[], chosen: ReadonlySet<string>): boolean {
  return ids.some((id) => chosen.has(id)) && !ids.every((id) => chosen.has(id));
}

function withOrWithout(chosen: ReadonlySet<string>, id: string, has: boolean): ReadonlySet<string> {
  const next = new Set(chosen);
  if (has) next.add(id);
  else next.delete(id);
  return next;
}
