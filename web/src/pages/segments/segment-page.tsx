import { Anchor, Button, Card, Group, Menu, Stack, Text, Title } from '@mantine/core';
import {
  IconCopy,
  IconDots,
  IconDownload,
  IconEdit,
  IconPinned,
  IconPinnedOff,
  IconPower,
  IconRefresh,
  IconSend,
  IconTrash,
} from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { lazy, Suspense, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Segment } from '../../api/answers.ts';
import { answerOf, api, fileAddress } from '../../api/client.ts';
import { membersQuery, segmentQuery, tasksQuery, trendQuery } from '../../api/queries.ts';
import { isOver } from '../../api/use-task.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { DataTable } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { ProblemDialog } from '../../parts/problem-dialog.tsx';
import { Asked, Empty, ProblemNote, Waiting } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import { When } from '../../parts/when.tsx';
import { columnsOfPeople } from '../customers/people-columns.tsx';
import { MemberChanges } from './member-changes.tsx';
import { Overlap } from './overlap.tsx';

// The library of charts is larger than all the rest of the page.
const Trend = lazy(() => import('./trend.tsx'));

/** One segment: how it grew, who is in it, and where it is used. */
export function SegmentPage() {
  const { id } = useParams({ from: '/inside/segments/$id' });
  const query = useQuery(segmentQuery(id));
  return <Asked query={query}>{(segment) => <Shown segment={segment} />}</Asked>;
}

function Shown({ segment }: { segment: Segment }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const client = useQueryClient();
  const { segment: id, name, state, members, refreshedAt, usedBy, type } = segment;
  const [task, setTask] = useState<string>();
  const path = { path: { id } };
  const changed = () => client.invalidateQueries({ queryKey: ['segments'] });
  const refresh = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/segments/{id}/refresh', { params: path })),
    onSuccess: (made) => setTask(made.id),
  });
  const trend = useQuery(trendQuery(id));
  // Whoever saved and ran it comes here while its people are being found.
  const going = useQuery(tasksQuery).data?.find(
    (each) => each.kind === 'segment' && each.subject === id && !isOver(each),
  )?.id;
  const shown = task ?? going;
  return (
    <Stack gap="lg">
      <PageHead
        title={name}
        actions={
          <>
            {me.can('refresh.run') ? (
              <Button
                leftSection={<IconRefresh size={18} aria-hidden />}
                loading={refresh.isPending}
                onClick={() => refresh.mutate()}
              >
                {t('segments.refresh')}
              </Button>
            ) : null}
            {me.can('segments.edit') ? (
              <Button
                component={Link}
                to={`/segments/${id}/edit`}
                variant="default"
                leftSection={<IconEdit size={18} aria-hidden />}
              >
                {t('exports.edit')}
              </Button>
            ) : null}
            {me.can('exports.edit') ? (
              <Button
                component={Link}
                to="/data/exports/new"
                search={{ segment: id } as never}
                variant="default"
                leftSection={<IconSend size={18} aria-hidden />}
              >
                {t('segments.export')}
              </Button>
            ) : null}
            <SegmentMenu segment={segment} changed={changed} />
          </>
        }
      />
      {refresh.error === null ? null : <ProblemNote error={refresh.error} />}
      {shown === undefined ? null : <TaskNote id={shown} onEnd={() => setTask(undefined)} />}
      <Tiles>
        <Tile
          label={t('segments.members')}
          value={members === null ? '–' : format.number(members)}
          hint={<When at={refreshedAt} />}
        />
        <Tile
          label={t('segments.state')}
          value={t(type === 'static' ? 'segments.static' : 'segments.dynamic')}
          hint={<StatusBadge status={state} />}
        />
        <Tile
          label={t('segments.usedBy')}
          value={format.number(usedBy.exports.length + usedBy.segments.length)}
          hint={
            <Group gap={6}>
              {usedBy.exports.map((each) => (
                <Anchor key={each} component={Link} to={`/data/exports/${each}`} size="sm">
                  {each}
                </Anchor>
              ))}
              {usedBy.segments.map((each) => (
                <Anchor key={each} component={Link} to={`/segments/${each}`} size="sm">
                  {each}
                </Anchor>
              ))}
            </Group>
          }
        />
      </Tiles>
      <Card withBorder>
        <Title order={2} mb="sm">
          {t('segments.trend')}
        </Title>
        <Asked query={trend} lines={4}>
          {(points) =>
            points.length === 0 ? (
              <Text c="dimmed">{t('segments.noTrend')}</Text>
            ) : (
              <Suspense fallback={<Waiting lines={4} />}>
                <Trend points={points} />
              </Suspense>
            )
          }
        </Asked>
      </Card>
      {me.can('look.people') ? <Members id={id} /> : null}
      {me.can('look.people') ? <MemberChanges id={id} /> : null}
      <Overlap of={segment} />
    </Stack>
  );
}

function Members({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(membersQuery(id));
  const people = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const columns = useMemo(() => columnsOfPeople(people), [people]);
  const more = useMore(query);
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2}>{t('segments.members')}</Title>
        <Button
          component="a"
          href={fileAddress(`/segments/${encodeURIComponent(id)}/members.csv`)}
          download
          size="xs"
          variant="default"
          leftSection={<IconDownload size={14} aria-hidden />}
        >
          CSV
        </Button>
      </Group>
      <Asked query={query}>
        {() =>
          people.length === 0 ? (
            <Empty title={t('segments.nobody')} text={t('segments.nobodyText')} />
          ) : (
            <>
              <DataTable
                label={t('segments.members')}
                rows={people}
                columns={columns}
                rowId={(person) => String(person.customer_id)}
                more={more}
              />
              <LoadMore query={query} shown={people.length} />
            </>
          )
        }
      </Asked>
    </Card>
  );
}

function SegmentMenu({ segment, changed }: { segment: Segment; changed: () => Promise<void> }) {
  const { t } = useTranslation();
  const me = useMe();
  const navigate = useNavigate();
  const [removing, setRemoving] = useState(false);
  const { segment: id, name, state, type, usedBy } = segment;
  const path = { path: { id } };
  const turn = useMutation({
    mutationFn: () =>
      answerOf(
        api.PATCH('/api/v1/segments/{id}', {
          params: path,
          body: { state: state === 'active' ? 'inactive' : 'active' },
        }),
      ),
    onSuccess: changed,
  });
  const thaw = useMutation({
    mutationFn: () =>
      answerOf(api.PATCH('/api/v1/segments/{id}', { params: path, body: { type: 'dynamic' } })),
    onSuccess: changed,
  });
  const freeze = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/segments/{id}/freeze', { params: path })),
    onSuccess: changed,
  });
  const duplicate = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/segments/{id}/duplicate', { params: path, body: { as: `${id}-copy` } })),
    onSuccess: async ({ segment: made }) => {
      await changed();
      await navigate({ to: '/segments/$id/edit', params: { id: made } });
    },
  });
  if (!me.can('segments.edit')) return null;
  const used = usedBy.exports.length + usedBy.segments.length;
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <Button variant="default" aria-label={t('exports.moreOf', { name })} px="xs">
            <IconDots size={18} aria-hidden />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item leftSection={<IconPower size={16} aria-hidden />} onClick={() => turn.mutate()}>
            {t(state === 'active' ? 'segments.deactivate' : 'segments.activate')}
          </Menu.Item>
          {type === 'static' ? (
            <Menu.Item leftSection={<IconPinnedOff size={16} aria-hidden />} onClick={() => thaw.mutate()}>
              {t('segments.thaw')}
            </Menu.Item>
          ) : (
            <Menu.Item leftSection={<IconPinned size={16} aria-hidden />} onClick={() => freeze.mutate()}>
              {t('segments.freeze')}
            </Menu.Item>
          )}
          <Menu.Item leftSection={<IconCopy size={16} aria-hidden />} onClick={() => duplicate.mutate()}>
            {t('exports.duplicate')}
          </Menu.Item>
          <Menu.Divider />
          <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setRemoving(true)}>
            {t('exports.remove')}
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {[turn, freeze, thaw, duplicate].map((each, index) => (
        <ProblemDialog key={index} error={each.error} close={each.reset} />
      ))}
      {removing ? (
        <Confirm
          title={t('exports.removeTitle', { name })}
          text={<Text>{t(used === 0 ? 'segments.removeText' : 'segments.removeUsed')}</Text>}
          action={t('exports.remove')}
          danger
          close={() => setRemoving(false)}
          onConfirm={async () => {
            const query = { force: String(used > 0) };
            await answerOf(api.DELETE('/api/v1/segments/{id}', { params: { ...path, query } }));
            await navigate({ to: '/segments' });
            await changed();
          }}
        />
      ) : null}
    </>
  );
}
