import { Anchor, Button, Card, Group, List, SimpleGrid, Stack, Table, Text, Title } from '@mantine/core';
import { IconEdit, IconFileSearch, IconPlayerPlay } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ListedExport, Task } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { exportQuery, runsQuery, segmentsQuery } from '../../api/queries.ts';
import { isOver } from '../../api/use-task.ts';
import { useFormat } from '../../language/format.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { When } from '../../parts/when.tsx';
import { ExportMenu, stateOf } from './exports-page.tsx';
import { ProcessingCard } from './processing-card.tsx';

/** One export: what it does, its plan and its runs. */
export function ExportPage() {
  const { id } = useParams({ from: '/inside/data/exports/$id' });
  const query = useQuery(exportQuery(id));
  return <Asked query={query}>{(found) => <Shown of={found} />}</Asked>;
}

function Shown({ of }: { of: ListedExport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const client = useQueryClient();
  const navigate = useNavigate();
  const { id, name, permissions, paused, task } = of;
  const [asked, setAsked] = useState<string>();
  const begun = ({ id: begunId }: { id: string }) => {
    setAsked(begunId);
    void client.invalidateQueries({ queryKey: ['exports'] });
  };
  const params = { path: { id } };
  const plan = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/exports/{id}/plan', { params, body: {} })),
    onSuccess: begun,
  });
  const run = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/exports/{id}/run', { params, body: {} })),
    onSuccess: begun,
  });
  const resume = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/exports/{id}/resume', { params })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['exports'] }),
  });
  const going = asked ?? (task !== null && !isOver(task) ? task.id : undefined);
  const ended = ({ result }: Task) => {
    // A plan is made to be looked at; so is what a brake stopped.
    if (asked !== undefined && typeof result?.run === 'string') {
      void navigate({ to: '/data/runs/$id', params: { id: result.run } });
    }
  };
  return (
    <Stack gap="lg">
      <PageHead
        title={name}
        actions={
          <>
            {permissions.run ? (
              <>
                <Button
                  leftSection={<IconFileSearch size={18} aria-hidden />}
                  loading={plan.isPending}
                  onClick={() => plan.mutate()}
                >
                  {t('exports.plan')}
                </Button>
                <Button
                  variant="default"
                  leftSection={<IconPlayerPlay size={18} aria-hidden />}
                  loading={run.isPending}
                  onClick={() => run.mutate()}
                >
                  {t('exports.runNow')}
                </Button>
              </>
            ) : null}
            {permissions.edit ? (
              <Button
                component={Link}
                to={`/data/exports/${id}/edit`}
                variant="default"
                leftSection={<IconEdit size={18} aria-hidden />}
              >
                {t('exports.edit')}
              </Button>
            ) : null}
            <ExportMenu of={of} />
          </>
        }
      />
      {[plan.error, run.error, resume.error].map((error) =>
        error === null ? null : <ProblemNote key={error.message} error={error} />,
      )}
      {going === undefined ? null : <TaskNote id={going} onEnd={ended} />}
      {paused === null ? null : (
        <Card withBorder role="status">
          <Group justify="space-between">
            <Text>
              {t('exports.pausedBy', { by: paused.by, at: format.moment(paused.at) })} {paused.reason}
            </Text>
            {permissions.edit ? (
              <Button variant="default" loading={resume.isPending} onClick={() => resume.mutate()}>
                {t('exports.resume')}
              </Button>
            ) : null}
          </Group>
        </Card>
      )}
      <Facts of={of} />
      <Runs of={of} />
      <ProcessingCard id={id} />
    </Stack>
  );
}

function Facts({ of }: { of: ListedExport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const segments = useQuery(segmentsQuery).data;
  const nameOf = (id: string) => segments?.find(({ segment }) => segment === id)?.name ?? id;
  return (
    <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
      <Fact label={t('exports.status')}>
        <StatusBadge status={stateOf(of)} />
        {of.last?.problem == null ? null : (
          <Text size="sm" mt={4}>
            {of.last.problem.message}
          </Text>
        )}
      </Fact>
      <Fact label={t('exports.connection')}>
        <Text>{of.connection?.name ?? t('exports.noConnection')}</Text>
        <Text size="sm" c="dimmed">
          {t('exports.audienceIs', { audience: of.audience })}
        </Text>
      </Fact>
      <Fact label={t('exports.segments')}>
        <List size="sm">
          {of.segments.map((id) => (
            <List.Item key={id}>{nameOf(id)}</List.Item>
          ))}
        </List>
      </Fact>
      <Fact label={t('exports.schedule')}>
        <Text>{t(`exports.schedules.${of.schedule}`)}</Text>
        <Text size="sm" c="dimmed">
          {of.next === null ? t('exports.noNext') : t('exports.next', { at: format.moment(of.next) })}
        </Text>
      </Fact>
    </SimpleGrid>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <Card withBorder>
      <Text size="sm" c="dimmed" mb={4}>
        {label}
      </Text>
      {children}
    </Card>
  );
}

function Runs({ of: { id } }: { of: ListedExport }) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useInfiniteQuery(runsQuery(id));
  const runs = query.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('exports.history')}
      </Title>
      <Asked query={query}>
        {() =>
          runs.length === 0 ? (
            <Empty title={t('exports.noRuns')} text={t('exports.noRunsText')} />
          ) : (
            <Table.ScrollContainer minWidth={640}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('runs.when')}</Table.Th>
                    <Table.Th>{t('exports.status')}</Table.Th>
                    <Table.Th ta="end">{t('runs.add')}</Table.Th>
                    <Table.Th ta="end">{t('runs.update')}</Table.Th>
                    <Table.Th ta="end">{t('runs.leave')}</Table.Th>
                    <Table.Th>{t('runs.by')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {runs.map((each) => (
                    <Table.Tr key={each.run}>
                      <Table.Td>
                        <Anchor component={Link} to={`/data/runs/${each.run}`}>
                          <When at={each.startedAt ?? each.madeAt} />
                        </Anchor>
                      </Table.Td>
                      <Table.Td>
                        <StatusBadge status={each.status} />
                      </Table.Td>
                      <Table.Td ta="end">{format.number(each.people.add)}</Table.Td>
                      <Table.Td ta="end">{format.number(each.people.update)}</Table.Td>
                      <Table.Td ta="end">{format.number(each.people.leave)}</Table.Td>
                      <Table.Td>{each.requestedBy}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
              {query.hasNextPage ? (
                <Button
                  variant="subtle"
                  loading={query.isFetchingNextPage}
                  onClick={() => void query.fetchNextPage()}
                >
                  {t('act.more')}
                </Button>
              ) : null}
            </Table.ScrollContainer>
          )
        }
      </Asked>
    </Card>
  );
}
