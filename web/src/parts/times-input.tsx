import { ActionIcon, Button, Chip, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useId } from 'react';
import { useTranslation } from 'react-i18next';
import { days, type Times } from './times.ts';

/** Days of the week and up to four times of day. */
export function TimesInput({
  value,
  onChange,
  disabled = false,
}: {
  value: Times;
  onChange: (value: Times) => void;
  disabled?: boolean;
}) {
  const { t } = useTranslation();
  const label = useId();
  const { times, others } = value;
  const change = (part: Partial<Times>) => onChange({ ...value, ...part });
  return (
    <Stack>
      <Stack gap={6}>
        <Text size="sm" fw={500} id={label}>
          {t('schedule.days')}
        </Text>
        <Chip.Group multiple value={value.days} onChange={(chosen) => change({ days: chosen })}>
          <Group gap={6} role="group" aria-labelledby={label}>
            {days.map((day) => (
              <Chip key={day} value={day} size="xs" disabled={disabled} variant="outline">
                {t(`schedule.day.${day}`)}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <Text size="xs" c="dimmed">
          {t('schedule.everyDay')}
        </Text>
      </Stack>
      {times.map((time, index) => (
        <Group key={index} align="flex-end">
          <TextInput
            label={t('schedule.time', { count: index + 1 })}
            type="time"
            required
            disabled={disabled}
            value={time}
            onChange={(event) => {
              const typed = event.currentTarget.value;
              change({ times: times.map((each, at) => (at === index ? typed : each)) });
            }}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            disabled={disabled}
            aria-label={t('schedule.removeTime', { time })}
            onClick={() => change({ times: times.filter((_, at) => at !== index) })}
          >
            <IconTrash size={18} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      {others.daily === undefined ? null : (
        <Text size="sm">{t('schedule.alsoDaily', { times: others.daily.join(', ') })}</Text>
      )}
      {others.cron === undefined ? null : (
        <Text size="sm">{t('schedule.alsoCron', { pattern: others.cron })}</Text>
      )}
      {times.length < 4 ? (
        <Group>
          <Button
            variant="default"
            size="xs"
            disabled={disabled}
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => change({ times: [...times, ''] })}
          >
            {t('schedule.addTime')}
          </Button>
        </Group>
      ) : null}
    </Stack>
  );
}
