import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import type { AnswerTo } from '../../api/answers.ts';
import type { DataColumn } from '../../parts/data-table.tsx';

export type PersonRow = AnswerTo<'/api/v1/segments/{id}/members'>['items'][number];

/** So many attributes are shown of each person; all of them are on their own page. */
const mostColumns = 8;

/** A column for each attribute that somebody has; the first one leads to the person. */
export function columnsOfPeople(people: readonly PersonRow[]): DataColumn<PersonRow>[] {
  const names = Object.keys(people[0] ?? {}).filter((name) => name !== 'customer_id');
  return names.slice(0, mostColumns).map((name, index) => ({
    id: name,
    head: name,
    sort: (person) => {
      const value = person[name];
      return typeof value === 'string' || typeof value === 'number' ? value : null;
    },
    cell: (person) => {
      const text = textOf(person[name]);
      return index === 0 ? (
        <Anchor component={Link} to={`/data/customers/${String(person.customer_id)}`} size="sm">
          {text === '' ? String(person.customer_id).slice(0, 8) : text}
        </Anchor>
      ) : (
        text
      );
    },
  }));
}

/** A cell of a profile as text. */
export function textOf(value: PersonRow[string] | undefined): string {
  if (value === null || value === undefined) return '';
  return Array.isArray(value) ? value.join(', ') : String(value);
}
