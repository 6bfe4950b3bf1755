import { Autocomplete, Group, MultiSelect, NumberInput, Select, TagsInput, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { RuleFields } from '../../../api/answers.ts';
import { answerOf, api } from '../../../api/client.ts';
import { useFormat } from '../../../language/format.ts';
import type { ValueKind } from './field-types.ts';

interface InputProps<Value> {
  value: Value;
  onChange: (value: Value) => void;
}

/** The input for one sort of value. */
export function ValueInput({
  kind,
  field,
  segments,
  value,
  onChange,
}: InputProps<unknown> & {
  kind: Exclude<ValueKind, 'related'>;
  /** Whose values are proposed; undefined: none are. */
  field: string | undefined;
  segments: RuleFields['segments'];
}) {
  const { t, i18n } = useTranslation();
  const label = t('rules.value');
  const numberOf = (typed: string | number): number | null => (typeof typed === 'number' ? typed : null);
  switch (kind) {
    case 'none':
      return null;
    case 'text':
      return <TextValue field={field} value={textOf(value)} onChange={onChange} />;
    case 'texts':
      return <TextValues field={field} value={value as string[]} onChange={onChange} />;
    case 'number':
      return (
        <NumberInput
          aria-label={label}
          w={140}
          value={(value as number | null) ?? ''}
          onChange={(typed) => onChange(numberOf(typed))}
        />
      );
    case 'numbers':
      return (
        <TagsInput
          aria-label={label}
          placeholder={t('rules.enter')}
          // A comma belongs to what is typed, as in “1,5” and in “Doe, Inc”: only Enter ends a value.
          splitChars={[]}
          value={(value as number[]).map(String)}
          onChange={(typed) => onChange(typed.map(Number).filter((each) => Number.isFinite(each)))}
        />
      );
    case 'numberRange': {
      const [from, to] = value as (number | null)[];
      return (
        <Group gap="xs" wrap="nowrap">
          <NumberInput
            aria-label={t('rules.from')}
            w={120}
            value={from ?? ''}
            onChange={(typed) => onChange([numberOf(typed), to ?? null])}
          />
          <NumberInput
            aria-label={t('rules.to')}
            w={120}
            value={to ?? ''}
            onChange={(typed) => onChange([from ?? null, numberOf(typed)])}
          />
        </Group>
      );
    }
    case 'date':
      return (
        <TextInput
          type="date"
          aria-label={label}
          value={textOf(value)}
          onChange={(event) => onChange(event.currentTarget.value)}
        />
      );
    case 'dateRange': {
      const [from = '', to = ''] = value as string[];
      return (
        <Group gap="xs" wrap="nowrap">
          <TextInput
            type="date"
            aria-label={t('rules.from')}
            value={from}
            onChange={(event) => onChange([event.currentTarget.value, to])}
          />
          <TextInput
            type="date"
            aria-label={t('rules.to')}
            value={to}
            onChange={(event) => onChange([from, event.currentTarget.value])}
          />
        </Group>
      );
    }
    case 'duration':
    case 'days': {
      const [[unit, amount] = ['days', 30]] = Object.entries(value as Record<string, number | null>);
      return (
        <Group gap="xs" wrap="nowrap">
          <NumberInput
            aria-label={label}
            w={100}
            min={0}
            allowDecimal={false}
            value={amount ?? ''}
            onChange={(typed) => onChange({ [unit]: numberOf(typed) })}
          />
          <Select
            aria-label={t('rules.unit')}
            w={120}
            data={(kind === 'days'
              ? (['days'] as const)
              : (['days', 'weeks', 'months', 'years'] as const)
            ).map((each) => ({ value: each, label: t(`rules.units.${each}`) }))}
            value={unit}
            allowDeselect={false}
            onChange={(next) => onChange({ [next ?? 'days']: amount })}
          />
        </Group>
      );
    }
    case 'months':
    case 'weekdays': {
      const names = kind === 'months' ? monthNames(i18n.language) : weekdayNames(i18n.language);
      return (
        <MultiSelect
          aria-label={label}
          data={names.map((name, index) => ({ value: String(index + 1), label: name }))}
          value={(value as number[]).map(String)}
          onChange={(chosen) => onChange(chosen.map(Number))}
        />
      );
    }
    case 'flag':
      return (
        <Select
          aria-label={label}
          w={120}
          data={[
            { value: 'true', label: t('rules.true') },
            { value: 'false', label: t('rules.false') },
          ]}
          value={String(value)}
          allowDeselect={false}
          onChange={(chosen) => onChange(chosen === 'true')}
        />
      );
    case 'segments':
      return (
        <MultiSelect
          aria-label={label}
          searchable
          data={segments.map(({ id, name }) => ({ value: id, label: name }))}
          value={value as string[]}
          onChange={onChange}
        />
      );
    default:
      throw new Error(`no such kind of value: ${String(kind satisfies never)}`);
  }
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The values of a field that begin as typed, the commonest first, with how many rows have them. */
function useProposals(field: string | undefined, typed: string) {
  const format = useFormat();
  const [prefix] = useDebouncedValue(typed, 250);
  const { data } = useQuery({
    queryKey: ['fields', field, 'values', prefix],
    queryFn: () =>
      answerOf(
        api.GET('/api/v1/fields/{id}/values', {
          params: { path: { id: field ?? '' }, query: { prefix, limit: 20 } },
        }),
      ),
    enabled: field !== undefined,
    retry: false,
  });
  const values = (data?.values ?? []).filter(({ value }) => typeof value === 'string' && value !== '');
  const rows = new Map(values.map((each) => [String(each.value), format.number(each.rows)]));
  return { names: [...rows.keys()], rows };
}

function TextValue({ field, value, onChange }: InputProps<string> & { field: string | undefined }) {
  const { t } = useTranslation();
  const { names, rows } = useProposals(field, value);
  return (
    <Autocomplete
      aria-label={t('rules.value')}
      placeholder={t('rules.value')}
      // Any value may be asked for, not only those that are there by now.
      data={names}
      value={value}
      onChange={onChange}
      renderOption={({ option }) => (
        <>
          {option.value} {rows.has(option.value) ? `(${rows.get(option.value) ?? ''})` : ''}
        </>
      )}
    />
  );
}

function TextValues({ field, value, onChange }: InputProps<string[]> & { field: string | undefined }) {
  const { t } = useTranslation();
  const [typed, setTyped] = useState('');
  const { names } = useProposals(field, typed);
  return (
    <TagsInput
      aria-label={t('rules.value')}
      placeholder={t('rules.enter')}
      splitChars={[]}
      data={names}
      value={value}
      searchValue={typed}
      onSearchChange={setTyped}
      onChange={onChange}
    />
  );
}

function monthNames(language: string): string[] {
  const name = new Intl.DateTimeFormat(language, { month: 'long', timeZone: 'UTC' });
  return Array.from({ length: 12 }, (_, month) => name.format(new Date(Date.UTC(2024, month, 1))));
}

/** From Monday. */
function weekdayNames(language: string): string[] {
  const name = new Intl.DateTimeFormat(language, { weekday: 'long', timeZone: 'UTC' });
  return Array.from({ length: 7 }, (_, day) => name.format(new Date(Date.UTC(2024, 0, day + 1))));
}
