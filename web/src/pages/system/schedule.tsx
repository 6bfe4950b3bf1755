import {
  ActionIcon,
  Button,
  Card,
  Chip,
  Group,
  List,
  Select,
  Stack,
  Switch,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { scheduleAheadQuery, scheduleQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { formatIn } from '../../language/format.ts';
import { Asked, ProblemNote } from '../../parts/states.tsx';

const days = ['monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday', 'sunday'] as const;
type Day = (typeof days)[number];

interface Times {
  on: boolean;
  timeZone: string;
  times: string[];
  /** None: every day. */
  days: Day[];
  /** Not shown as a form; kept. */
  cron: string | undefined;
}

/** When everything happens by itself. */
export function Schedule() {
  const query = useQuery(scheduleQuery);
  return <Asked query={query}>{(item) => <ScheduleForm key={item?.etag ?? 'new'} item={item} />}</Asked>;
}

type Item = AnswerTo<'/api/v1/schedule'>['item'];

function ScheduleForm({ item }: { item: Item }) {
  const { t, i18n } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const [form, setForm] = useState<Times>(() => timesOf(item?.settings));
  const change = (part: Partial<Times>) => setForm((now) => ({ ...now, ...part }));
  const ahead = useQuery(scheduleAheadQuery).data;
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone')], []);
  const mayEdit = me.can('schedule.edit');
  const save = useMutation({
    mutationFn: () => {
      const times = form.times.filter((time) => time !== '');
      const body = {
        on: form.on,
        timeZone: form.timeZone,
        ...(form.days.length === 0 ? { daily: times } : { weekly: { days: form.days, times } }),
        ...(form.cron === undefined ? {} : { cron: form.cron }),
      };
      return answerOf(
        api.PUT('/api/v1/schedule', {
          body,
          headers: item === null ? { 'if-none-match': '*' } : { 'if-match': item.etag },
        }),
      );
    },
    onSuccess: () => client.invalidateQueries({ queryKey: ['schedule'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const format = formatIn(i18n.language, ahead?.timeZone);
  return (
    <Group align="flex-start" gap="lg">
      <Card withBorder component="form" onSubmit={submit} flex={1} miw={300} maw={560}>
        <Stack>
          <Switch
            label={t('schedule.on')}
            checked={form.on}
            disabled={!mayEdit}
            onChange={(event) => change({ on: event.currentTarget.checked })}
          />
          <Select
            label={t('schedule.zone')}
            searchable
            data={zones}
            value={form.timeZone}
            disabled={!mayEdit}
            allowDeselect={false}
            onChange={(value) => change({ timeZone: value ?? 'UTC' })}
          />
          <Stack gap={6}>
            <Text size="sm" fw={500} id="schedule-days">
              {t('schedule.days')}
            </Text>
            <Chip.Group multiple value={form.days} onChange={(value) => change({ days: value })}>
              <Group gap={6} role="group" aria-labelledby="schedule-days">
                {days.map((day) => (
                  <Chip key={day} value={day} size="xs" disabled={!mayEdit} variant="outline">
                    {t(`schedule.day.${day}`)}
                  </Chip>
                ))}
              </Group>
            </Chip.Group>
            <Text size="xs" c="dimmed">
              {t('schedule.everyDay')}
            </Text>
          </Stack>
          {form.times.map((time, index) => (
            <Group key={index} align="flex-end">
              <TextInput
                label={t('schedule.time', { count: index + 1 })}
                type="time"
                required
                disabled={!mayEdit}
                value={time}
                onChange={(event) => {
                  const value = event.currentTarget.value;
                  change({ times: form.times.map((each, at) => (at === index ? value : each)) });
                }}
              />
              <ActionIcon
                variant="subtle"
                color="gray"
                size="lg"
                disabled={!mayEdit}
                aria-label={t('schedule.removeTime', { time })}
                onClick={() => change({ times: form.times.filter((_, at) => at !== index) })}
              >
                <IconTrash size={18} aria-hidden />
              </ActionIcon>
            </Group>
          ))}
          {form.times.length < 4 ? (
            <Group>
              <Button
                variant="default"
                size="xs"
                disabled={!mayEdit}
                leftSection={<IconPlus size={16} aria-hidden />}
                onClick={() => change({ times: [...form.times, ''] })}
              >
                {t('schedule.addTime')}
              </Button>
            </Group>
          ) : null}
          {save.error === null ? null : <ProblemNote error={save.error} />}
          {mayEdit ? (
            <Group>
              <Button type="submit" loading={save.isPending}>
                {t('act.save')}
              </Button>
            </Group>
          ) : null}
        </Stack>
      </Card>
      <Card withBorder flex={1} miw={260}>
        <Title order={2} mb="sm">
          {t('schedule.ahead')}
        </Title>
        {ahead === undefined || ahead.refresh.length === 0 ? (
          <Text c="dimmed">{t('home.noSchedule')}</Text>
        ) : (
          <List size="sm" spacing={4}>
            {ahead.refresh.map((at) => (
              <List.Item key={at}>{format.moment(at)}</List.Item>
            ))}
          </List>
        )}
        {ahead === undefined ? null : (
          <Text size="xs" c="dimmed" mt="sm">
            {ahead.timeZone}
          </Text>
        )}
      </Card>
    </Group>
  );
}

function timesOf(settings: Record<string, unknown> | undefined): Times {
  const weekly = settings?.weekly as { days: Day[]; times: string[] } | undefined;
  const daily = (settings?.daily as string[] | undefined) ?? [];
  return {
    on: settings !== undefined && settings.on !== false,
    timeZone: (settings?.timeZone as string | undefined) ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    times: weekly?.times ?? (daily.length === 0 ? ['06:00'] : daily),
    days: weekly?.days ?? [],
    cron: settings?.cron as string | undefined,
  };
}
