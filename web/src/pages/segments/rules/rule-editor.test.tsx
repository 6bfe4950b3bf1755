// @vitest-environment jsdom
import { MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { cleanup, render, screen, within } from '@testing-library/react';
import { userEvent } from '@testing-library/user-event';
import i18next from 'i18next';
import { useState } from 'react';
import { initReactI18next } from 'react-i18next';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { en } from '../../../language/en.ts';
import { RuleEditor } from './rule-editor.tsx';
import { fromEditor, toEditor } from './rule-model.ts';
import { emptyGroup, type Group } from './rule-shape.ts';
import { shop } from './test-support/shop.ts';

beforeAll(async () => {
  // What browsers have and jsdom has not.
  window.matchMedia = (query) =>
    ({
      matches: false,
      media: query,
      addEventListener: () => undefined,
      removeEventListener: () => undefined,
    }) as never;
  window.ResizeObserver = class {
    observe() {}
    unobserve() {}
    disconnect() {}
  };
  Element.prototype.scrollIntoView = () => undefined;
  await i18next
    .use(initReactI18next)
    .init({ lng: 'en', resources: { en: { translation: en } }, interpolation: { escapeValue: false } });
});
afterEach(cleanup);

/** The editor, and what it would say to the server. */
function Editor({ begin, said }: { begin: Group; said: (rules: Group) => void }) {
  const [rules, setRules] = useState(begin);
  said(fromEditor(rules, shop));
  return (
    <RuleEditor all={shop} rules={rules} onChange={setRules} counts={new Map([['rules.rules[0]', 42]])} />
  );
}

function open(begin: Group = emptyGroup()) {
  const heard: { rules: Group } = { rules: emptyGroup() };
  render(
    <MantineProvider env="test">
      <QueryClientProvider client={new QueryClient({ defaultOptions: { queries: { enabled: false } } })}>
        <Editor begin={toEditor(begin)} said={(rules) => (heard.rules = rules)} />
      </QueryClientProvider>
    </MantineProvider>,
  );
  return { heard, user: userEvent.setup() };
}

async function choose(user: ReturnType<typeof userEvent.setup>, label: string, option: string, at = -1) {
  const box = screen.getAllByRole('combobox', { name: label }).at(at) as HTMLElement;
  await user.click(box);
  const list = document.getElementById(box.getAttribute('aria-controls') ?? '') as HTMLElement;
  await user.click(await within(list).findByRole('option', { name: option }));
}

test('a condition: what, how, and the value', async () => {
  const { heard, user } = open();
  await user.click(screen.getByRole('button', { name: 'Add condition' }));
  expect(heard.rules.rules).toEqual([]);
  await choose(user, 'What is asked', 'age');
  await choose(user, 'How it is asked', 'at least');
  await user.type(screen.getByRole('textbox', { name: 'Value' }), '18');
  expect(heard.rules).toEqual({ combinator: 'and', rules: [{ field: 'age', operator: '>=', value: 18 }] });
});

test('another question empties the value, which was for the one before', async () => {
  const { heard, user } = open({ combinator: 'and', rules: [{ field: 'age', operator: '>=', value: 18 }] });
  await choose(user, 'How it is asked', 'between');
  expect(heard.rules.rules).toEqual([]);
  await user.type(screen.getByRole('textbox', { name: 'From' }), '18');
  await user.type(screen.getByRole('textbox', { name: 'To' }), '30');
  expect(heard.rules.rules).toEqual([{ field: 'age', operator: 'between', value: [18, 30] }]);
});

test('a rule over a single month is shown', async () => {
  const { heard } = open({ combinator: 'and', rules: [{ field: 'born', operator: 'monthOf', value: 4 }] });
  expect(screen.getAllByText('April').length).toBeGreaterThan(0);
  expect(heard.rules.rules).toEqual([{ field: 'born', operator: 'monthOf', value: [4] }]);
});

test('a comma belongs to the value that it is typed in', async () => {
  const { heard, user } = open({
    combinator: 'and',
    rules: [{ field: 'country', operator: 'in', value: ['RO'] }],
  });
  await user.type(screen.getByRole('combobox', { name: 'Value' }), 'Doe, Inc{Enter}');
  expect(heard.rules.rules).toEqual([{ field: 'country', operator: 'in', value: ['RO', 'Doe, Inc'] }]);
});

test('rows that belong to a person, with conditions of their own', async () => {
  const { heard, user } = open();
  await user.click(screen.getByRole('button', { name: 'Add condition' }));
  await choose(user, 'What is asked', 'Orders');
  await choose(user, 'How many related rows', 'at least');
  expect(heard.rules.rules).toEqual([
    {
      field: 'crm_orders',
      operator: '=',
      match: { mode: 'atLeast', threshold: 2 },
      value: { combinator: 'and', rules: [] },
    },
  ]);
  await user.click(screen.getAllByRole('button', { name: 'Add condition' })[1] as HTMLElement);
  await choose(user, 'What is asked', 'total');
  await user.type(screen.getByRole('textbox', { name: 'Value' }), '5');
  expect(heard.rules.rules[0]).toMatchObject({
    value: { rules: [{ field: 'total', operator: '=', value: 5 }] },
  });
});

test('a value that is made of related rows', async () => {
  const { heard, user } = open();
  await user.click(screen.getByRole('button', { name: 'Add condition' }));
  await choose(user, 'What is asked', 'Orders');
  await choose(user, 'How many related rows', 'the sum of');
  expect(heard.rules.rules).toEqual([]);
  await choose(user, 'Column', 'total');
  await user.type(screen.getByRole('textbox', { name: 'Value' }), '1000');
  await user.click(screen.getAllByRole('button', { name: 'Add condition' })[1] as HTMLElement);
  await choose(user, 'What is asked', 'ordered_at');
  await choose(user, 'How it is asked', 'within the last');
  expect(heard.rules.rules).toEqual([
    {
      field: 'crm_orders',
      aggregate: { function: 'sum', column: 'total' },
      where: {
        combinator: 'and',
        rules: [{ field: 'ordered_at', operator: 'withinLast', value: { days: 30 } }],
      },
      operator: '>=',
      value: 1000,
    },
  ]);
  // Of a day other things are asked than of a sum.
  await choose(user, 'How many related rows', 'the last');
  await choose(user, 'Column', 'ordered_at');
  await choose(user, 'In the order of', 'ordered_at');
  await choose(user, 'How it is compared', 'not within the last');
  expect(heard.rules.rules).toMatchObject([
    {
      aggregate: { function: 'last', column: 'ordered_at', by: 'ordered_at' },
      operator: 'notWithinLast',
      value: { days: 30 },
    },
  ]);
});

test('rules move, are copied and go by the keyboard alone', async () => {
  const { heard, user } = open({
    combinator: 'and',
    rules: [
      { field: 'age', operator: '>', value: 1 },
      { field: 'age', operator: '>', value: 2 },
    ],
  });
  const values = () => heard.rules.rules.map((rule) => (rule as { value: unknown }).value);
  const press = async (name: string) => {
    screen.getByRole('button', { name }).focus();
    await user.keyboard('{Enter}');
  };
  await press('Move rule 1 down');
  expect(values()).toEqual([2, 1]);
  await press('Copy rule 2');
  expect(values()).toEqual([2, 1, 1]);
  await press('Remove rule 1');
  expect(values()).toEqual([1, 1]);
});

test('how many people a rule holds for stands beside it', () => {
  open({ combinator: 'and', rules: [{ field: 'age', operator: '>', value: 1 }] });
  expect(screen.getByText('42 people')).toBeDefined();
});
