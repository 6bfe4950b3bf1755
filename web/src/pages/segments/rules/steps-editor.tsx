import { ActionIcon, Button, Group, SegmentedControl, Stack, Text } from '@mantine/core';
import { IconArrowDown, IconArrowUp, IconPlus, IconTrash } from '@tabler/icons-react';
import { useTranslation } from 'react-i18next';
import type { RuleFields } from '../../../api/answers.ts';
import { useFormat } from '../../../language/format.ts';
import { moved } from '../../../parts/moved.ts';
import { RuleEditor, type RuleCounts } from './rule-editor.tsx';
import { firstStep, placeOfStep, setWords, type Step } from './steps.ts';

/** Rules that are taken from the top: each adds people to those found above, keeps those who are in both, or takes away. */
export function StepsEditor({
  all,
  steps,
  onChange,
  counts,
  running,
}: {
  all: RuleFields;
  steps: readonly Step[];
  onChange: (steps: readonly Step[]) => void;
  counts: RuleCounts;
  /** How many people there are after each rule. */
  running: RuleCounts;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const set = (index: number, part: Partial<Step>) =>
    onChange(steps.map((step, at) => (at === index ? { ...step, ...part } : step)));
  return (
    <Stack>
      {steps.map(({ word, group }, index) => {
        const place = placeOfStep(index, steps.length);
        const after = running.get(place);
        return (
          <Stack key={index} gap="xs">
            {steps.length === 1 ? null : (
              <Group gap="xs" justify="space-between">
                {index === 0 ? (
                  <Text size="sm" fw={600}>
                    {t('rules.firstStep')}
                  </Text>
                ) : (
                  <SegmentedControl
                    size="xs"
                    aria-label={t('rules.stepWord', { place: index + 1 })}
                    data={setWords.map((value) => ({ value, label: t(`rules.word.${value}`) }))}
                    value={word}
                    onChange={(value) => set(index, { word: value })}
                  />
                )}
                <Group gap={4}>
                  {after === undefined ? null : (
                    <Text size="sm" c="dimmed">
                      {t('rules.afterStep', { people: format.number(after) })}
                    </Text>
                  )}
                  {([-1, 1] as const).map((by) => (
                    <ActionIcon
                      key={by}
                      variant="subtle"
                      color="gray"
                      disabled={index + by < 0 || index + by >= steps.length}
                      aria-label={t(by < 0 ? 'rules.stepUp' : 'rules.stepDown', { place: index + 1 })}
                      onClick={() => onChange(moved(steps, index, by))}
                    >
                      {by < 0 ? (
                        <IconArrowUp size={16} aria-hidden />
                      ) : (
                        <IconArrowDown size={16} aria-hidden />
                      )}
                    </ActionIcon>
                  ))}
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    aria-label={t('rules.removeStep', { place: index + 1 })}
                    onClick={() => onChange(steps.filter((_, at) => at !== index))}
                  >
                    <IconTrash size={16} aria-hidden />
                  </ActionIcon>
                </Group>
              </Group>
            )}
            <RuleEditor
              all={all}
              rules={group}
              counts={counts}
              base={place}
              onChange={(next) => set(index, { group: next })}
            />
          </Stack>
        );
      })}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden />}
          onClick={() => onChange([...steps, { ...firstStep(), word: 'except' }])}
        >
          {t('rules.addStep')}
        </Button>
      </Group>
    </Stack>
  );
}
