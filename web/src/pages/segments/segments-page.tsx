import { Anchor, Badge, Button, Group, Menu, MultiSelect, Stack, Text, TextInput } from '@mantine/core';
import { IconDownload, IconEdit, IconPlus, IconRefresh, IconSearch, IconSend } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Segment } from '../../api/answers.ts';
import { answerOf, api, fileAddress } from '../../api/client.ts';
import { segmentsQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { MoreMenu } from '../../parts/more-menu.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { ProblemDialog } from '../../parts/problem-dialog.tsx';
import { Asked, Empty } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { When } from '../../parts/when.tsx';
import { ChosenSegments } from './chosen-segments.tsx';

/** Every segment with its size, where it is used, and whether its tests hold. */
export function SegmentsPage() {
  const { t } = useTranslation();
  const me = useMe();
  const query = useQuery(segmentsQuery);
  const [search, setSearch] = useState('');
  const [tags, setTags] = useState<string[]>([]);
  const all = query.data ?? [];
  const known = [...new Set(all.flatMap((each) => each.tags))].toSorted();
  const wanted = search.trim().toLowerCase();
  const shown = all.filter(
    (each) =>
      (each.name.toLowerCase().includes(wanted) || each.segment.toLowerCase().includes(wanted)) &&
      tags.every((tag) => each.tags.includes(tag)),
  );
  const add = me.can('segments.edit') ? (
    <Button component={Link} to="/segments/new" leftSection={<IconPlus size={18} aria-hidden />}>
      {t('segments.add')}
    </Button>
  ) : undefined;
  return (
    <Stack>
      <PageHead title={t('frame.segments')} text={t('segments.about')} actions={add} />
      <Asked query={query}>
        {() =>
          all.length === 0 ? (
            <Empty title={t('segments.none')} text={t('segments.noneText')} action={add} />
          ) : (
            <>
              <Group>
                <TextInput
                  aria-label={t('segments.search')}
                  placeholder={t('segments.search')}
                  leftSection={<IconSearch size={16} aria-hidden />}
                  value={search}
                  onChange={(event) => setSearch(event.currentTarget.value)}
                />
                {known.length === 0 ? null : (
                  <MultiSelect
                    aria-label={t('segments.tags')}
                    placeholder={t('segments.tags')}
                    data={known}
                    value={tags}
                    onChange={setTags}
                  />
                )}
              </Group>
              <SegmentTable segments={shown} />
            </>
          )
        }
      </Asked>
    </Stack>
  );
}

function SegmentTable({ segments }: { segments: readonly Segment[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = useMemo(
    (): DataColumn<Segment>[] => [
      {
        id: 'name',
        head: t('segments.name'),
        sort: ({ name }) => name.toLowerCase(),
        cell: ({ name, tags, segment }) => (
          <Stack gap={2}>
            <Anchor component={Link} to={`/segments/${segment}`} size="sm" fw={600}>
              {name}
            </Anchor>
            <Group gap={4}>
              {tags.map((tag) => (
                <Badge key={tag} variant="default" tt="none" size="sm">
                  {tag}
                </Badge>
              ))}
              {name === segment ? null : (
                <Text size="xs" c="dimmed">
                  {segment}
                </Text>
              )}
            </Group>
          </Stack>
        ),
      },
      {
        id: 'members',
        head: t('segments.members'),
        numeric: true,
        sort: ({ members }) => members,
        cell: ({ members }) => (members === null ? t('segments.neverRun') : format.number(members)),
      },
      {
        id: 'state',
        head: t('segments.state'),
        sort: ({ state }) => state,
        cell: ({ state, tests }) => (
          <Stack gap={2}>
            <StatusBadge status={state} />
            {tests.failed.length === 0 ? null : (
              <Text size="xs">⚠ {t('segments.testsFail', { count: tests.failed.length })}</Text>
            )}
          </Stack>
        ),
      },
      {
        id: 'type',
        head: t('segments.type'),
        sort: ({ type }) => type ?? 'dynamic',
        cell: ({ type }) => t(type === 'static' ? 'segments.static' : 'segments.dynamic'),
      },
      {
        id: 'refreshed',
        head: t('segments.refreshed'),
        sort: ({ refreshedAt }) => refreshedAt,
        cell: ({ refreshedAt }) => <When at={refreshedAt} />,
      },
      {
        id: 'used',
        head: t('segments.usedBy'),
        cell: ({ usedBy }) => (
          <Group gap={6}>
            {usedBy.exports.map((id) => (
              <Anchor key={id} component={Link} to={`/data/exports/${id}`} size="sm">
                {id}
              </Anchor>
            ))}
            {usedBy.segments.map((id) => (
              <Text key={id} size="sm">
                {id}
              </Text>
            ))}
          </Group>
        ),
      },
      {
        id: 'more',
        head: t('exports.more'),
        cell: (segment) => <SegmentActions segment={segment} />,
        width: 80,
      },
    ],
    [t, format],
  );
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  return (
    <>
      <ChosenSegments
        chosen={segments.filter(({ segment }) => chosen.has(segment))}
        clear={() => setChosen(new Set())}
      />
      <DataTable
        label={t('frame.segments')}
        rows={segments}
        columns={columns}
        rowId={({ segment }) => segment}
        selection={{ chosen, onChange: setChosen, nameOf: ({ name }) => name }}
      />
    </>
  );
}

function SegmentActions({ segment: { segment, name } }: { segment: Segment }) {
  const { t } = useTranslation();
  const me = useMe();
  const [task, setTask] = useState<string>();
  const refresh = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/segments/{id}/refresh', { params: { path: { id: segment } } })),
    onSuccess: ({ id }) => setTask(id),
  });
  return (
    <>
      <MoreMenu name={name}>
        <Menu.Item
          disabled={!me.can('refresh.run')}
          leftSection={<IconRefresh size={16} aria-hidden />}
          onClick={() => refresh.mutate()}
        >
          {t('segments.refresh')}
        </Menu.Item>
        {me.can('look.people') ? (
          <Menu.Item
            component="a"
            href={fileAddress(`/segments/${encodeURIComponent(segment)}/members.csv`)}
            download
            leftSection={<IconDownload size={16} aria-hidden />}
          >
            CSV
          </Menu.Item>
        ) : null}
        {me.can('segments.edit') ? (
          <Menu.Item
            component={Link}
            to={`/segments/${segment}/edit`}
            leftSection={<IconEdit size={16} aria-hidden />}
          >
            {t('exports.edit')}
          </Menu.Item>
        ) : null}
        {me.can('exports.edit') ? (
          <Menu.Item
            component={Link}
            to="/data/exports/new"
            search={{ segment } as never}
            leftSection={<IconSend size={16} aria-hidden />}
          >
            {t('segments.export')}
          </Menu.Item>
        ) : null}
      </MoreMenu>
      <ProblemDialog error={refresh.error} close={refresh.reset} />
      {task === undefined ? null : <TaskNote id={task} onEnd={() => setTask(undefined)} />}
    </>
  );
}
