import { ActionIcon, Button, Checkbox, Group, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconCopy, IconPlus, IconTrash } from '@tabler/icons-react';
import { createContext, useContext, useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import {
  QueryBuilder,
  type ActionWithRulesProps,
  type CombinatorSelectorProps,
  type FieldSelectorProps,
  type NotToggleProps,
  type OperatorSelectorProps,
  type RuleGroupType,
  type ShiftActionsProps,
  type ValueEditorProps,
} from 'react-querybuilder';
import type { RuleFields } from '../../../api/answers.ts';
import { useFormat } from '../../../language/format.ts';
import { useWord } from '../../../language/use-word.ts';
import classes from './rule-editor.module.css';
import { freshValue, operatorsOf, valueKindOf } from './field-types.ts';
import { RowsAsked } from './rows-asked.tsx';
import { columnsOf, fieldsAt, placeOf, type AskedField, type Place } from './rule-model.ts';
import type { Group as Rules, Related } from './rule-shape.ts';
import { ValueInput } from './value-input.tsx';

/** How many people each rule holds for, by its place; those that are not counted yet are absent. */
export type RuleCounts = ReadonlyMap<string, number>;

interface Ground {
  all: RuleFields;
  place: Place;
  fields: readonly AskedField[];
  counts: RuleCounts;
  base: string;
}

const GroundContext = createContext<Ground | undefined>(undefined);

function useGround(): Ground {
  const ground = useContext(GroundContext);
  if (ground === undefined) throw new Error('a rule stands in no editor');
  return ground;
}

/**
 * Conditions joined by and / or, in groups within groups, over people and over the rows that belong to them.
 * @param rules as `toEditor` makes them
 */
export function RuleEditor({
  all,
  place = 'person',
  rules,
  onChange,
  counts,
  base = 'rules',
}: {
  all: RuleFields;
  place?: Place;
  rules: Rules;
  onChange: (rules: Rules) => void;
  counts: RuleCounts;
  /** Where the group stands among all rules, as the server names it. */
  base?: string;
}) {
  const fields = useMemo(() => fieldsAt(all, place), [all, place]);
  const ground = useMemo(() => ({ all, place, fields, counts, base }), [all, place, fields, counts, base]);
  const word = useWord();
  const offered = useMemo(
    () =>
      fields.map(({ name, label, type }) => ({
        name,
        value: name,
        label,
        operators: operatorsOf(type).map((operator) => ({
          name: operator,
          value: operator,
          label: word(`rules.operator.${operator}`, operator),
        })),
      })),
    [fields, word],
  );
  if (fields.length === 0) return null;
  return (
    <GroundContext.Provider value={ground}>
      <QueryBuilder
        fields={offered}
        query={rules as RuleGroupType}
        onQueryChange={(next) => onChange(next as Rules)}
        controlElements={controls}
        controlClassnames={classnames}
        showNotToggle
        showShiftActions
        showCloneButtons
        resetOnFieldChange
        resetOnOperatorChange
        getDefaultOperator={(name) => operatorsOf(typeOf(fields, name))[0] ?? '='}
        getDefaultValue={({ field, operator }) => freshValue(valueKindOf(typeOf(fields, field), operator))}
      />
    </GroundContext.Provider>
  );
}

function typeOf(fields: readonly AskedField[], name: string): AskedField['type'] {
  return fields.find((field) => field.name === name)?.type ?? 'text';
}

const classnames = {
  ruleGroup: classes.group ?? '',
  header: classes.header ?? '',
  body: classes.body ?? '',
  rule: classes.rule ?? '',
};

function FieldSelect({ value, handleOnChange }: FieldSelectorProps) {
  const { t } = useTranslation();
  const { fields } = useGround();
  const of = (label: string, type: (field: AskedField) => boolean) => {
    const items = fields.filter(type).map((field) => ({
      value: field.name,
      label: field.type === 'segment' ? t('rules.otherSegments') : field.label,
    }));
    return items.length === 0 ? [] : [{ group: label, items }];
  };
  return (
    <Select
      aria-label={t('rules.field')}
      searchable
      // Whoever types begins anew, and takes the first that fits with Enter.
      selectFirstOptionOnChange
      onFocus={(event) => event.currentTarget.select()}
      allowDeselect={false}
      nothingFoundMessage={t('destination.nothing')}
      data={[
        ...of(t('rules.attributes'), ({ type }) => type !== 'related' && type !== 'segment'),
        ...of(t('rules.related'), ({ type }) => type === 'related'),
        ...of(t('frame.segments'), ({ type }) => type === 'segment'),
      ]}
      value={value ?? null}
      onChange={(chosen) => handleOnChange(chosen)}
    />
  );
}

function OperatorSelect({ value, options, handleOnChange, field }: OperatorSelectorProps) {
  const { t } = useTranslation();
  const { fields } = useGround();
  // Of related rows the only question is how many; that is part of the value.
  if (typeOf(fields, field) === 'related') return null;
  return (
    <Select
      aria-label={t('rules.operatorLabel')}
      allowDeselect={false}
      data={options.flatMap((option) =>
        'name' in option ? [{ value: option.name, label: option.label }] : [],
      )}
      value={value ?? null}
      onChange={(chosen) => handleOnChange(chosen)}
    />
  );
}

function ValueEditor({ field, operator, value, handleOnChange, path }: ValueEditorProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const { all, place, fields, counts, base } = useGround();
  const type = typeOf(fields, field);
  const kind = valueKindOf(type, operator);
  const people = place === 'person' ? counts.get(placeOf(path, base)) : undefined;
  const count =
    people === undefined ? null : (
      <Text size="sm" c="dimmed" className={classes.count}>
        {t('segments.people', { count: people, shown: format.number(people) })}
      </Text>
    );
  if (kind === 'related') {
    const table = fields.find(({ name }) => name === field)?.table ?? '';
    return (
      <Stack gap="xs" className={classes.related}>
        <Group gap="xs">
          <RowsAsked value={value as Related} columns={columnsOf(all, table)} onChange={handleOnChange} />
          {count}
        </Group>
        <RuleEditor
          all={all}
          place={{ table }}
          rules={(value as Related).group}
          counts={counts}
          onChange={(group) => handleOnChange({ ...(value as Related), group })}
        />
      </Stack>
    );
  }
  return (
    <>
      <ValueInput
        kind={kind}
        field={type === 'text' && place === 'person' ? field : undefined}
        segments={all.segments}
        value={value ?? freshValue(kind)}
        onChange={handleOnChange}
      />
      {count}
    </>
  );
}

function Combinator({ value, handleOnChange }: CombinatorSelectorProps) {
  const { t } = useTranslation();
  return (
    <SegmentedControl
      size="xs"
      aria-label={t('rules.joined')}
      data={[
        { value: 'and', label: t('rules.and') },
        { value: 'or', label: t('rules.or') },
      ]}
      value={value ?? 'and'}
      onChange={handleOnChange}
    />
  );
}

function Not({ checked, handleOnChange }: NotToggleProps) {
  const { t } = useTranslation();
  return (
    <Checkbox
      size="xs"
      label={t('rules.not')}
      checked={checked === true}
      onChange={(event) => handleOnChange(event.currentTarget.checked)}
    />
  );
}

function AddRule({ handleOnClick }: ActionWithRulesProps) {
  const { t } = useTranslation();
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlus size={14} aria-hidden />}
      onClick={handleOnClick}
    >
      {t('rules.addCondition')}
    </Button>
  );
}

function AddGroup({ handleOnClick }: ActionWithRulesProps) {
  const { t } = useTranslation();
  return (
    <Button
      size="xs"
      variant="default"
      leftSection={<IconPlus size={14} aria-hidden />}
      onClick={handleOnClick}
    >
      {t('rules.addGroup')}
    </Button>
  );
}

function Remove({ handleOnClick, path }: ActionWithRulesProps) {
  const { t } = useTranslation();
  const label = t('rules.remove', { place: path.map((index) => index + 1).join('.') });
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} title={label} onClick={handleOnClick}>
      <IconTrash size={16} aria-hidden />
    </ActionIcon>
  );
}

function Clone({ handleOnClick, path }: ActionWithRulesProps) {
  const { t } = useTranslation();
  const label = t('rules.clone', { place: path.map((index) => index + 1).join('.') });
  return (
    <ActionIcon variant="subtle" color="gray" aria-label={label} title={label} onClick={handleOnClick}>
      <IconCopy size={16} aria-hidden />
    </ActionIcon>
  );
}

function Shift({ shiftUp, shiftDown, shiftUpDisabled, shiftDownDisabled, path }: ShiftActionsProps) {
  const { t } = useTranslation();
  const place = path.map((index) => index + 1).join('.');
  return (
    <ActionIcon.Group>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={shiftUpDisabled === true}
        aria-label={t('rules.up', { place })}
        title={t('rules.up', { place })}
        onClick={shiftUp}
      >
        <IconArrowUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon
        variant="subtle"
        color="gray"
        disabled={shiftDownDisabled === true}
        aria-label={t('rules.down', { place })}
        title={t('rules.down', { place })}
        onClick={shiftDown}
      >
        <IconArrowDown size={16} aria-hidden />
      </ActionIcon>
    </ActionIcon.Group>
  );
}

const controls = {
  fieldSelector: FieldSelect,
  operatorSelector: OperatorSelect,
  valueEditor: ValueEditor,
  combinatorSelector: Combinator,
  notToggle: Not,
  addRuleAction: AddRule,
  addGroupAction: AddGroup,
  removeRuleAction: Remove,
  removeGroupAction: Remove,
  cloneRuleAction: Clone,
  cloneGroupAction: Clone,
  shiftActions: Shift,
};
