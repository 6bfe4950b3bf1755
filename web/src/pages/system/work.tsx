import { Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { Task } from '../../api/answers.ts';
import { aboutQuery, tasksQuery } from '../../api/queries.ts';
import { isOver } from '../../api/use-task.ts';
import { useFormat } from '../../language/format.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { Asked, Empty } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { When } from '../../parts/when.tsx';

/** Every piece of work, the newest first. */
export function Work() {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery({ ...tasksQuery, refetchInterval: 5_000 });
  const about = useQuery(aboutQuery).data;
  const columns = useMemo(
    (): DataColumn<Task>[] => [
      {
        id: 'kind',
        head: t('system.work'),
        sort: ({ kind }) => kind,
        cell: ({ kind, subject }) => (
          <Stack gap={0}>
            <Text size="sm" fw={600}>
              {t(`task.${kind}`)}
            </Text>
            <Text size="xs" c="dimmed">
              {subject}
            </Text>
          </Stack>
        ),
      },
      {
        id: 'status',
        head: t('exports.status'),
        sort: ({ status }) => status,
        cell: ({ status, problem }) => (
          <Stack gap={2}>
            <StatusBadge status={status} />
            {problem === undefined ? null : (
              <Text size="xs" maw={360}>
                {problem.message} {problem.hint}
              </Text>
            )}
          </Stack>
        ),
      },
      {
        id: 'by',
        head: t('runs.by'),
        sort: ({ requestedBy }) => requestedBy,
        cell: ({ requestedBy }) => requestedBy,
      },
      {
        id: 'at',
        head: t('runs.when'),
        sort: ({ createdAt }) => createdAt,
        cell: ({ createdAt }) => <When at={createdAt} />,
      },
      {
        id: 'took',
        head: t('system.took'),
        numeric: true,
        cell: ({ startedAt, finishedAt }) =>
          startedAt === undefined || finishedAt === undefined
            ? '–'
            : format.duration((Date.parse(finishedAt) - Date.parse(startedAt)) / 1000),
      },
    ],
    [t, format],
  );
  return (
    <Stack>
      <Asked query={query}>
        {(tasks) => (
          <>
            {tasks
              .filter((task) => !isOver(task))
              .map(({ id, status }) => (
                <TaskNote key={id} id={id} waits={status === 'queued'} />
              ))}
            {tasks.length === 0 ? (
              <Empty title={t('system.none')} text={t('system.noneText')} />
            ) : (
              <DataTable label={t('system.status')} rows={tasks} columns={columns} rowId={({ id }) => id} />
            )}
          </>
        )}
      </Asked>
      {about === undefined ? null : (
        <Text size="sm" c="dimmed">
          {t('system.version', { version: about.version, since: format.moment(about.startedAt) })}
        </Text>
      )}
    </Stack>
  );
}
