import { Anchor, Button, Menu, Stack, Text, TextInput } from '@mantine/core';
import {
  IconClock,
  IconCopy,
  IconEdit,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnectedX,
  IconPlus,
  IconSearch,
  IconTrash,
} from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ListedExport } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { exportsQuery } from '../../api/queries.ts';
import { isOver } from '../../api/use-task.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { MoreMenu } from '../../parts/more-menu.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { ProblemDialog } from '../../parts/problem-dialog.tsx';
import { SelectionBar } from '../../parts/selection-bar.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { When } from '../../parts/when.tsx';
import { DetachExports, DuplicateExport, RemoveExport } from './export-dialogs.tsx';
import { ScheduleExports } from './schedule-exports.tsx';

/** Every export: how its own last run ended, and what one may do with it. */
export function ExportsPage() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const query = useQuery(exportsQuery);
  const [search, setSearch] = useState('');
  const runAll = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/exports/run-all')),
    onSuccess: () => client.invalidateQueries({ queryKey: ['exports'] }),
  });
  const mayAdd = me.can('exports.edit');
  const add = mayAdd ? (
    <Button component={Link} to="/data/exports/new" leftSection={<IconPlus size={18} aria-hidden />}>
      {t('exports.add')}
    </Button>
  ) : undefined;
  return (
    <Stack gap="md">
      <PageHead
        title={t('frame.exports')}
        text={t('exports.about')}
        actions={
          <>
            {me.can('exports.run') && (query.data ?? []).length > 1 ? (
              <Button variant="default" loading={runAll.isPending} onClick={() => runAll.mutate()}>
                {t('exports.runAll')}
              </Button>
            ) : null}
            {add}
          </>
        }
      />
      {runAll.error === null ? null : <ProblemNote error={runAll.error} />}
      <Asked query={query}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={t('exports.none')} text={t('exports.noneText')} action={add} />
          ) : (
            <>
              <TextInput
                aria-label={t('exports.search')}
                placeholder={t('exports.search')}
                leftSection={<IconSearch size={16} aria-hidden />}
                value={search}
                onChange={(event) => setSearch(event.currentTarget.value)}
                maw={360}
              />
              {all.map(({ task, id }) =>
                task === null || isOver(task) ? null : (
                  <TaskNote key={id} id={task.id} waits={task.status === 'queued'} />
                ),
              )}
              <ExportTable exports={all.filter((each) => holds(each, search))} />
            </>
          )
        }
      </Asked>
    </Stack>
  );
}

function holds({ name, connection, audience, id }: ListedExport, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  return [name, id, connection?.name, audience, 'mailchimp'].some(
    (text) => text?.toLowerCase().includes(wanted) === true,
  );
}

/** What the list calls the state of an export: that of its last run, or why it has none. */
export function stateOf({ last, paused, connection, task }: ListedExport): string {
  if (task !== null && !isOver(task)) return task.status === 'queued' ? 'queued' : 'running';
  if (connection === null) return 'noConnection';
  if (paused !== null) return 'paused';
  return last === null || last.status === 'planned' ? 'notRun' : last.status;
}

function ExportTable({ exports }: { exports: readonly ListedExport[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = useMemo(
    (): DataColumn<ListedExport>[] => [
      {
        id: 'name',
        head: t('exports.name'),
        sort: ({ name }) => name.toLowerCase(),
        cell: ({ id, name }) => (
          <Anchor component={Link} to={`/data/exports/${id}`} fw={600}>
            {name}
          </Anchor>
        ),
      },
      {
        id: 'status',
        head: t('exports.status'),
        sort: stateOf,
        cell: (each) => (
          <Stack gap={2}>
            <StatusBadge status={stateOf(each)} />
            {each.last?.problem == null ? null : (
              <Text size="xs" maw={260} lineClamp={2}>
                {each.last.problem.message}
              </Text>
            )}
          </Stack>
        ),
      },
      {
        id: 'last',
        head: t('exports.last'),
        sort: ({ last }) => last?.at ?? null,
        cell: ({ last }) => <When at={last?.at} />,
      },
      {
        id: 'connection',
        head: t('exports.connection'),
        sort: ({ connection }) => connection?.name.toLowerCase() ?? null,
        cell: ({ connection }) => (
          <Stack gap={0}>
            <Text size="sm">{connection?.name ?? t('exports.noConnection')}</Text>
            <Text size="xs" c="dimmed">
              Mailchimp
            </Text>
          </Stack>
        ),
      },
      {
        id: 'schedule',
        head: t('exports.schedule'),
        sort: ({ next }) => next,
        cell: ({ schedule, next }) => (
          <Stack gap={0}>
            <Text size="sm">{t(`exports.schedules.${schedule}`)}</Text>
            {next === null ? null : (
              <Text size="xs" c="dimmed">
                {format.moment(next)}
              </Text>
            )}
          </Stack>
        ),
      },
      {
        id: 'permissions',
        head: t('exports.permissions'),
        sort: ({ permissions }) => (permissions.edit ? 0 : 1),
        cell: ({ permissions }) => t(permissions.edit ? 'exports.mayEdit' : 'exports.mayView'),
      },
      { id: 'more', head: t('exports.more'), cell: (each) => <ExportMenu of={each} />, width: 80 },
    ],
    [t, format],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const editable = exports.filter(({ permissions }) => permissions.edit);
  const meant = editable.filter(({ id }) => chosen.has(id));
  const connected = meant.filter(({ connection }) => connection !== null);
  const selection = { chosen, onChange: setChosen, nameOf: ({ name }: ListedExport) => name };
  const [dialog, setDialog] = useState<'schedule' | 'detach'>();
  const close = () => setDialog(undefined);
  return (
    <>
      <SelectionBar count={meant.length} clear={() => setChosen(new Set())}>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconClock size={14} aria-hidden />}
          onClick={() => setDialog('schedule')}
        >
          {t('exports.schedule')}
        </Button>
        <Button
          size="xs"
          variant="default"
          disabled={connected.length === 0}
          leftSection={<IconPlugConnectedX size={14} aria-hidden />}
          onClick={() => setDialog('detach')}
        >
          {t('exports.detach')}
        </Button>
      </SelectionBar>
      {dialog === 'schedule' ? <ScheduleExports of={meant} close={close} /> : null}
      {dialog === 'detach' ? <DetachExports of={connected} close={close} /> : null}
      <DataTable
        label={t('frame.exports')}
        rows={exports}
        columns={columns}
        rowId={({ id }) => id}
        selection={editable.length === 0 ? undefined : selection}
      />
    </>
  );
}

/** What can be done with one export. */
export function ExportMenu({ of }: { of: ListedExport }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<'remove' | 'detach' | 'duplicate' | 'schedule'>();
  const changed = () => client.invalidateQueries({ queryKey: ['exports'] });
  const { id, name, permissions, paused } = of;
  const path = { path: { id } };
  const run = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/exports/{id}/run', { params: path, body: {} })),
    onSuccess: changed,
  });
  const hold = useMutation({
    mutationFn: () =>
      paused === null
        ? answerOf(api.POST('/api/v1/exports/{id}/pause', { params: path, body: {} }))
        : answerOf(api.POST('/api/v1/exports/{id}/resume', { params: path })),
    onSuccess: changed,
  });
  if (!permissions.edit && !permissions.run) return null;
  return (
    <>
      <MoreMenu name={name}>
        <Menu.Item
          disabled={!permissions.run}
          leftSection={<IconPlayerPlay size={16} aria-hidden />}
          onClick={() => run.mutate()}
        >
          {t('exports.run')}
        </Menu.Item>
        <Menu.Item
          component={Link}
          to={`/data/exports/${id}/edit`}
          disabled={!permissions.edit}
          leftSection={<IconEdit size={16} aria-hidden />}
        >
          {t('exports.edit')}
        </Menu.Item>
        <Menu.Item
          disabled={!permissions.edit}
          leftSection={<IconCopy size={16} aria-hidden />}
          onClick={() => setDialog('duplicate')}
        >
          {t('exports.duplicate')}
        </Menu.Item>
        <Menu.Item
          disabled={!permissions.edit}
          leftSection={<IconClock size={16} aria-hidden />}
          onClick={() => setDialog('schedule')}
        >
          {t('exports.schedule')}
        </Menu.Item>
        <Menu.Item
          disabled={!permissions.edit}
          leftSection={<IconPlayerPause size={16} aria-hidden />}
          onClick={() => hold.mutate()}
        >
          {paused === null ? t('exports.pause') : t('exports.resume')}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Item
          disabled={!permissions.edit || of.connection === null}
          leftSection={<IconPlugConnectedX size={16} aria-hidden />}
          onClick={() => setDialog('detach')}
        >
          {t('exports.detach')}
        </Menu.Item>
        <Menu.Item
          disabled={!permissions.edit}
          leftSection={<IconTrash size={16} aria-hidden />}
          onClick={() => setDialog('remove')}
        >
          {t('exports.remove')}
        </Menu.Item>
      </MoreMenu>
      <ProblemDialog error={run.error} close={run.reset} />
      <ProblemDialog error={hold.error} close={hold.reset} />
      {dialog === 'remove' ? <RemoveExport of={of} close={() => setDialog(undefined)} /> : null}
      {dialog === 'detach' ? <DetachExports of={[of]} close={() => setDialog(undefined)} /> : null}
      {dialog === 'schedule' ? <ScheduleExports of={[of]} close={() => setDialog(undefined)} /> : null}
      {dialog === 'duplicate' ? <DuplicateExport of={of} close={() => setDialog(undefined)} /> : null}
    </>
  );
}
