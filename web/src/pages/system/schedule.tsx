import { Button, Card, Group, List, Select, Stack, Switch, Text, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { scheduleAheadQuery, scheduleQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { formatIn } from '../../language/format.ts';
import { Asked, ProblemNote } from '../../parts/states.tsx';
import { TimesInput } from '../../parts/times-input.tsx';
import { settingsOfTimes, timesOf, type Times } from '../../parts/times.ts';

interface ScheduleSettings {
  on: boolean;
  timeZone: string;
  times: Times;
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
  const [form, setForm] = useState(() => scheduleOf(item?.settings));
  const change = (part: Partial<ScheduleSettings>) => setForm((now) => ({ ...now, ...part }));
  const ahead = useQuery(scheduleAheadQuery).data;
  const zones = useMemo(() => ['UTC', ...Intl.supportedValuesOf('timeZone')], []);
  const mayEdit = me.can('schedule.edit');
  const save = useMutation({
    mutationFn: () => {
      const body = { on: form.on, timeZone: form.timeZone, ...settingsOfTimes(form.times) };
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
          <TimesInput value={form.times} disabled={!mayEdit} onChange={(times) => change({ times })} />
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

function scheduleOf(settings: Record<string, unknown> | undefined): ScheduleSettings {
  return {
    on: settings !== undefined && settings.on !== false,
    timeZone: (settings?.timeZone as string | undefined) ?? Intl.DateTimeFormat().resolvedOptions().timeZone,
    times: timesOf(settings),
  };
}
