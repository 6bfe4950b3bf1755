import { ActionIcon, Button, Card, Group, NumberInput, Select, Stack, Text, TextInput } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import { moved } from '../../parts/moved.ts';
import { likeness, testOf, type FieldTest, type UnifyRule } from './unify-model.ts';

/** Rules of which any one joins two records; all conditions of a rule must hold. */
export function UnifyRules({
  rules,
  attributes,
  onChange,
}: {
  rules: readonly UnifyRule[];
  attributes: readonly string[];
  onChange: (rules: UnifyRule[]) => void;
}) {
  const { t } = useTranslation();
  const set = (index: number, rule: UnifyRule) =>
    onChange(rules.map((each, at) => (at === index ? rule : each)));
  const fresh = attributes.includes('email') ? 'email' : attributes[0];
  return (
    <Stack>
      {rules.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t('unify.noRules')}
        </Text>
      ) : null}
      {rules.map((rule, index) => (
        <Card key={index} withBorder padding="sm">
          <Stack gap="xs">
            <Group justify="space-between" align="flex-end">
              <TextInput
                label={t('unify.ruleName', { count: index + 1 })}
                size="xs"
                value={rule.name ?? ''}
                onChange={(event) => set(index, { ...rule, name: event.currentTarget.value })}
              />
              <Group gap={4}>
                {([-1, 1] as const).map((by) => (
                  <ActionIcon
                    key={by}
                    variant="subtle"
                    color="gray"
                    disabled={index + by < 0 || index + by >= rules.length}
                    aria-label={t(by < 0 ? 'rules.up' : 'rules.down', { place: index + 1 })}
                    onClick={() => onChange(moved(rules, index, by))}
                  >
                    {by < 0 ? <IconArrowUp size={16} aria-hidden /> : <IconArrowDown size={16} aria-hidden />}
                  </ActionIcon>
                ))}
                <ActionIcon
                  variant="subtle"
                  color="gray"
                  aria-label={t('rules.remove', { place: index + 1 })}
                  onClick={() => onChange(rules.filter((_, at) => at !== index))}
                >
                  <IconTrash size={16} aria-hidden />
                </ActionIcon>
              </Group>
            </Group>
            <Conditions rule={rule} attributes={attributes} onChange={(next) => set(index, next)} />
            {rule.unless === undefined ? null : (
              <Text size="xs" c="dimmed">
                {t('unify.unless', { fields: Object.keys(rule.unless as object).join(', ') })}
              </Text>
            )}
          </Stack>
        </Card>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          disabled={fresh === undefined}
          onClick={() =>
            onChange([
              ...rules,
              ...(fresh === undefined ? [] : [{ name: fresh, fields: { [fresh]: 'exact' as const } }]),
            ])
          }
        >
          {t('unify.addRule')}
        </Button>
      </Group>
    </Stack>
  );
}

function Conditions({
  rule,
  attributes,
  onChange,
}: {
  rule: UnifyRule;
  attributes: readonly string[];
  onChange: (rule: UnifyRule) => void;
}) {
  const { t } = useTranslation();
  const entries = Object.entries(rule.fields);
  const setAll = (next: [string, FieldTest][]) => onChange({ ...rule, fields: Object.fromEntries(next) });
  const free = attributes.filter((each) => !(each in rule.fields));
  return (
    <>
      {entries.map(([attribute, test], index) => (
        // By its place: the choice of an attribute must not make the row, and whoever stands in it, anew.
        <Group key={index} gap="xs" align="flex-end">
          <Select
            label={t('unify.attribute')}
            size="xs"
            data={[attribute, ...free]}
            value={attribute}
            allowDeselect={false}
            onChange={(next) =>
              setAll(entries.map((each, at) => (at === index ? [next ?? attribute, each[1]] : each)))
            }
          />
          <NumberInput
            label={t('unify.likeness')}
            size="xs"
            w={150}
            min={1}
            max={100}
            suffix=" %"
            value={likeness(test)}
            onChange={(percent) =>
              typeof percent === 'number' &&
              setAll(entries.map((each, at) => (at === index ? [each[0], testOf(percent, test)] : each)))
            }
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            disabled={entries.length === 1}
            aria-label={t('destination.removeField', { field: attribute })}
            onClick={() => setAll(entries.filter((_, at) => at !== index))}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="compact-xs"
          variant="subtle"
          disabled={free.length === 0}
          onClick={() => setAll([...entries, [free[0] ?? '', 'exact']])}
        >
          {t('rules.addCondition')}
        </Button>
      </Group>
    </>
  );
}
