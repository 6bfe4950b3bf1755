import { Group, NumberInput, Select } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { RuleFields } from '../../../api/answers.ts';
import { useWord } from '../../../language/use-word.ts';
import { freshValue, operatorsOf, valueKindOf } from './field-types.ts';
import { columnsFor, hasThreshold, isRowValue, madeType, orderColumns } from './related-rows.ts';
import { rowCounts, rowValues, type Related, type RowValue } from './rule-shape.ts';
import { ValueInput } from './value-input.tsx';

interface Asked {
  value: Related;
  columns: RuleFields['tables'][number]['columns'];
  onChange: (value: Related) => void;
}

/** What is asked of related rows: of how many of them the conditions hold, or what is made of those for which they do. */
export function RowsAsked({ value, columns, onChange }: Asked) {
  const { t } = useTranslation();
  const { asks } = value;
  const begin = (next: Related['asks']) => {
    const { column: _, by: _by, distinct: _distinct, ...rest } = value;
    onChange({ ...rest, asks: next, operator: '>=', compared: null });
  };
  return (
    <Group gap="xs">
      <Select
        aria-label={t('rules.howMany')}
        data={[
          {
            group: t('rules.rowCounts'),
            items: rowCounts.map((each) => ({ value: each, label: t(`rules.mode.${each}`) })),
          },
          {
            group: t('rules.rowValues'),
            items: rowValues.map((each) => ({ value: each, label: t(`rules.made.${each}`) })),
          },
        ]}
        value={asks}
        allowDeselect={false}
        onChange={(next) => begin(next ?? 'some')}
      />
      {hasThreshold(asks) ? <Threshold value={value} columns={columns} onChange={onChange} /> : null}
      {isRowValue(asks) ? <Made made={asks} value={value} columns={columns} onChange={onChange} /> : null}
    </Group>
  );
}

function Threshold({ value, columns, onChange }: Asked) {
  const { t } = useTranslation();
  return (
    <>
      <NumberInput
        aria-label={t('rules.rows')}
        w={90}
        min={0}
        allowDecimal={false}
        value={value.threshold}
        onChange={(typed) => onChange({ ...value, threshold: typeof typed === 'number' ? typed : 0 })}
      />
      <Select
        aria-label={t('rules.distinct')}
        placeholder={t('rules.distinctRows')}
        clearable
        clearButtonProps={{ 'aria-label': t('rules.clear') }}
        data={columns.map(({ name }) => name)}
        value={value.distinct ?? null}
        onChange={(column) => {
          const { distinct: _, ...rest } = value;
          onChange(column === null ? rest : { ...rest, distinct: column });
        }}
      />
    </>
  );
}

/** Of which column a value is made, and what it is compared with. */
function Made({ made, value, columns, onChange }: Asked & { made: RowValue }) {
  const { t } = useTranslation();
  const word = useWord();
  const type = madeType(value, columns);
  const { operator } = value;
  const kind = type === undefined ? 'none' : valueKindOf(type, operator);
  return (
    <>
      {made === 'count' ? null : (
        <Select
          aria-label={t('rules.column')}
          placeholder={t('rules.column')}
          allowDeselect={false}
          data={columnsFor(made, columns).map(({ name }) => name)}
          value={value.column ?? null}
          onChange={(column) => {
            if (column === null) return;
            const next = { ...value, column };
            const of = madeType(next, columns) ?? 'number';
            // Another sort of value is asked about in other ways.
            if (of === type) onChange(next);
            else {
              const first = operatorsOf(of).includes('>=') ? '>=' : (operatorsOf(of)[0] ?? '=');
              onChange({ ...next, operator: first, compared: freshValue(valueKindOf(of, first)) });
            }
          }}
        />
      )}
      {made === 'first' || made === 'last' ? (
        <Select
          aria-label={t('rules.orderedBy')}
          placeholder={t('rules.orderedBy')}
          allowDeselect={false}
          data={orderColumns(columns).map(({ name }) => name)}
          value={value.by ?? null}
          onChange={(by) => (by === null ? undefined : onChange({ ...value, by }))}
        />
      ) : null}
      {type === undefined ? null : (
        <>
          <Select
            aria-label={t('rules.madeOperator')}
            allowDeselect={false}
            data={operatorsOf(type).map((each) => ({
              value: each,
              label: word(`rules.operator.${each}`, each),
            }))}
            value={operator}
            onChange={(next) => {
              const chosen = next ?? '=';
              const other = valueKindOf(type, chosen);
              onChange({
                ...value,
                operator: chosen,
                compared: other === kind ? value.compared : freshValue(other),
              });
            }}
          />
          {kind === 'related' ? null : (
            <ValueInput
              kind={kind}
              field={undefined}
              segments={[]}
              value={value.compared ?? freshValue(kind)}
              onChange={(compared) => onChange({ ...value, compared })}
            />
          )}
        </>
      )}
    </>
  );
}
