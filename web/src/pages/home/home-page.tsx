import { Anchor, Button, Card, Group, List, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconCheck, IconCircle, IconRefresh } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ListedExport, Task } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import {
  exportsQuery,
  loadsQuery,
  pickableConnectionsQuery,
  scheduleAheadQuery,
  segmentsQuery,
  sourcesQuery,
  tasksQuery,
} from '../../api/queries.ts';
import { isOver } from '../../api/use-task.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, ProblemNote } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import { When } from '../../parts/when.tsx';
import { ContractMeter } from './contract-meter.tsx';
import { TrySample } from './try-sample.tsx';

/** How things are, and what to do next. */
export function HomePage() {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const exports = useQuery(exportsQuery);
  const segments = useQuery(segmentsQuery);
  const tasks = useQuery(tasksQuery);
  const ahead = useQuery(scheduleAheadQuery);
  const sources = useQuery(sourcesQuery);
  const loads = useQuery(loadsQuery);
  const [asked, setAsked] = useState<string>();
  const refresh = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/refresh', { body: {} })),
    onSuccess: ({ id }) => setAsked(id),
  });
  const going = tasks.data?.find((task) => task.kind === 'refresh' && !isOver(task))?.id;
  const waiting = (exports.data ?? []).filter(({ last }) => last?.status === 'stopped');
  const shown = asked ?? going;

  return (
    <Stack gap="lg">
      <PageHead
        title={t('home.title')}
        actions={
          me.can('refresh.run') ? (
            <Button
              leftSection={<IconRefresh size={18} aria-hidden />}
              loading={refresh.isPending}
              onClick={() => refresh.mutate()}
            >
              {t('home.refresh')}
            </Button>
          ) : undefined
        }
      />
      {refresh.error === null ? null : <ProblemNote error={refresh.error} />}
      {shown === undefined ? null : <TaskNote id={shown} />}
      {waiting.map((each) => (
        <BrakeCard key={each.id} of={each} />
      ))}
      <FirstSteps />
      <Asked query={tasks} lines={2}>
        {(all) => (
          <Tiles>
            <LastRefresh
              task={all.find((task) => task.kind === 'refresh')}
              otherwise={newest((segments.data ?? []).map(({ refreshedAt }) => refreshedAt))}
            />
            <Tile
              label={t('home.nextRefresh')}
              value={
                ahead.data?.refresh[0] === undefined ? t('home.none') : format.ago(ahead.data.refresh[0])
              }
              hint={
                ahead.data?.refresh[0] === undefined
                  ? t('home.noSchedule')
                  : format.moment(ahead.data.refresh[0])
              }
            />
            <StageTile
              label={t('frame.sources')}
              count={sources.data?.length ?? 0}
              at={newest((loads.data ?? []).map(({ loadedAt }) => loadedAt))}
              to="/data/sources"
            />
            <StageTile
              label={t('frame.segments')}
              count={segments.data?.length ?? 0}
              at={newest((segments.data ?? []).map(({ refreshedAt }) => refreshedAt))}
              to="/segments"
            />
            <StageTile
              label={t('frame.exports')}
              count={exports.data?.length ?? 0}
              at={newest((exports.data ?? []).map(({ last }) => last?.at))}
              to="/data/exports"
            />
          </Tiles>
        )}
      </Asked>
      <ContractMeter exports={exports.data ?? []} />
      <Asked query={exports} lines={3}>
        {(all) => <Exceptions exports={all} />}
      </Asked>
    </Stack>
  );
}

/** One stage of the line: how many there are, and when it was done last. */
function StageTile({
  label,
  count,
  at,
  to,
}: {
  label: string;
  count: number;
  at: string | undefined;
  to: string;
}) {
  const format = useFormat();
  return (
    <Tile
      label={
        <Anchor component={Link} to={to} size="sm">
          {label}
        </Anchor>
      }
      value={format.number(count)}
      hint={<When at={at} />}
    />
  );
}

/** Of times as text, the last one. */
function newest(times: readonly (string | null | undefined)[]): string | undefined {
  return times
    .filter((at) => at != null)
    .toSorted()
    .at(-1);
}

/** @param otherwise when segments were found last: the command line may have done it without this server */
function LastRefresh({ task, otherwise }: { task: Task | undefined; otherwise: string | undefined }) {
  const { t } = useTranslation();
  const format = useFormat();
  if (task === undefined) {
    const value = otherwise === undefined ? t('home.never') : format.ago(otherwise);
    return <Tile label={t('home.lastRefresh')} value={value} />;
  }
  return (
    <Tile
      label={t('home.lastRefresh')}
      value={format.ago(task.finishedAt ?? task.createdAt)}
      hint={
        <Group gap="xs">
          <StatusBadge status={task.status} />
          {task.problem === undefined ? null : <Text size="sm">{task.problem.message}</Text>}
        </Group>
      }
    />
  );
}

function BrakeCard({ of: { id, name, last } }: { of: ListedExport }) {
  const { t } = useTranslation();
  return (
    <Card withBorder padding="md" role="alert">
      <Group justify="space-between" align="flex-start">
        <Stack gap={4}>
          <Group gap="xs">
            <StatusBadge status="stopped" />
            <Text fw={650}>{name}</Text>
          </Group>
          <Text size="sm">{last?.problem?.message}</Text>
        </Stack>
        {last?.run === null || last === null ? (
          <Anchor component={Link} to={`/data/exports/${id}`}>
            {t('home.look')}
          </Anchor>
        ) : (
          <Button component={Link} to={`/data/runs/${last.run}`} variant="default">
            {t('home.lookAtBrake')}
          </Button>
        )}
      </Group>
    </Card>
  );
}

/** Exports whose last run did not end as wanted. */
function Exceptions({ exports }: { exports: readonly ListedExport[] }) {
  const { t } = useTranslation();
  const some = exports.filter(
    ({ last }) => last !== null && !['succeeded', 'planned', 'running', 'stopped'].includes(last.status),
  );
  if (some.length === 0) {
    return exports.some(({ last }) => last?.status === 'succeeded') ? (
      <Text c="dimmed">{t('home.allWell')}</Text>
    ) : null;
  }
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('home.exceptions')}
      </Title>
      <Stack gap="sm">
        {some.map(({ id, name, last }) => (
          <Group key={id} justify="space-between">
            <Group gap="sm">
              <StatusBadge status={last?.status ?? 'notRun'} />
              <Anchor component={Link} to={`/data/exports/${id}`}>
                {name}
              </Anchor>
              <Text size="sm">{last?.problem?.message}</Text>
            </Group>
            <Text size="sm" c="dimmed">
              <When at={last?.at} />
            </Text>
          </Group>
        ))}
      </Stack>
    </Card>
  );
}

/** What somebody who has just begun does next; gone once all of it is there. */
function FirstSteps() {
  const { t } = useTranslation();
  const me = useMe();
  const sources = useQuery(sourcesQuery).data;
  const segments = useQuery(segmentsQuery).data;
  const exports = useQuery(exportsQuery).data;
  const connections = useQuery(pickableConnectionsQuery).data;
  if (sources === undefined || segments === undefined || exports === undefined || connections === undefined)
    return null;
  const steps = [
    { done: sources.length > 0, to: '/data/sources', text: t('home.steps.sources') },
    { done: segments.length > 0, to: '/segments', text: t('home.steps.segments') },
    {
      done: connections.length > 0,
      to: me.can('connections.edit') ? '/admin/connections/new' : '/data/exports',
      text: t('home.steps.connections'),
    },
    { done: exports.length > 0, to: '/data/exports/new', text: t('home.steps.exports') },
    {
      done: exports.some(({ last }) => last?.status === 'succeeded' || last?.status === 'warnings'),
      to: '/data/exports',
      text: t('home.steps.run'),
    },
  ];
  if (steps.every(({ done }) => done)) return null;
  const next = steps.findIndex(({ done }) => !done);
  return (
    <Card withBorder>
      <Title order={2} mb={4}>
        {t('home.steps.title')}
      </Title>
      <Text c="dimmed" size="sm" mb="md">
        {t('home.steps.text')}
      </Text>
      <List spacing="xs" center>
        {steps.map(({ done, to, text }, index) => (
          <List.Item
            key={to + text}
            icon={
              <ThemeIcon size={24} radius="xl" variant="light" color={done ? 'green' : 'gray'}>
                {done ? <IconCheck size={16} aria-hidden /> : <IconCircle size={12} aria-hidden />}
              </ThemeIcon>
            }
          >
            {index === next ? (
              <Anchor component={Link} to={to} fw={650}>
                {text}
              </Anchor>
            ) : (
              <Text component="span" {...(done ? { c: 'dimmed' } : {})}>
                {text}
                {done ? ` – ${t('home.steps.done')}` : ''}
              </Text>
            )}
          </List.Item>
        ))}
      </List>
      <TrySample />
    </Card>
  );
}
