// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { cleanup, render, screen } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { DataTable, type DataColumn } from './data-table.tsx';

beforeAll(() => {
  // What browsers have and jsdom has not.
  window.matchMedia = (query) =>
    ({
      matches: false,
      media: query,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }) as never;
});
afterEach(cleanup);

interface Customer {
  id: string;
  spent: number;
}

const columns: DataColumn<Customer>[] = [
  { id: 'id', head: 'Customer', cell: ({ id }) => id },
  { id: 'spent', head: 'Spent', sort: ({ spent }) => spent, cell: ({ spent }) => String(spent) },
];
const rows = [
  { id: 'a', spent: 3 },
  { id: 'b', spent: 1 },
  { id: 'c', spent: 2 },
];

function show(more?: () => void) {
  render(
    <MantineProvider env="test">
      <DataTable label="Customers" rows={rows} columns={columns} rowId={({ id }) => id} more={more} />
    </MantineProvider>,
  );
}
const order = () => screen.getAllByRole('row').map((row) => row.textContent);

test('rows that are all here are sorted, and counted with their head', async () => {
  show();
  expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('4');
  await userEvent.click(screen.getByRole('button', { name: 'Spent' }));
  await userEvent.click(screen.getByRole('button', { name: 'Spent' }));
  expect(order()).toEqual(['CustomerSpent', 'b1', 'c2', 'a3']);
  expect(screen.getAllByRole('row').map((row) => row.getAttribute('aria-rowindex'))).toEqual([
    null,
    '2',
    '3',
    '4',
  ]);
});

test('while more may come rows stay in the order that they came in, and nobody knows how many they are', () => {
  show(() => undefined);
  expect(screen.queryByRole('button', { name: 'Spent' })).toBeNull();
  expect(order()).toEqual(['CustomerSpent', 'a3', 'b1', 'c2']);
  expect(screen.getByRole('table').getAttribute('aria-rowcount')).toBe('-1');
});
