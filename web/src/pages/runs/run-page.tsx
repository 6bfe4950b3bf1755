import { Alert, Anchor, Button, Card, Group, List, Stack, Tabs, Text, Textarea, Title } from '@mantine/core';
import { IconArrowBackUp, IconDownload, IconPlayerPlay, IconPrinter } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PlanLine, Run, Task } from '../../api/answers.ts';
import { answerOf, api, fileAddress } from '../../api/client.ts';
import { exportQuery, runQuery } from '../../api/queries.ts';
import { isOver } from '../../api/use-task.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { useWord } from '../../language/use-word.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, ProblemNote } from '../../parts/states.tsx';
import { StatusBadge } from '../../parts/status-badge.tsx';
import { TaskNote } from '../../parts/task-note.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import { Exceptions } from './exceptions.tsx';
import { PlanPeople } from './plan-people.tsx';
import { ReasonList } from './reason-list.tsx';
import classes from '../../parts/print.module.css';

/** A plan before anything is sent, and the run that carried it out: the same page, so that they can be compared. */
export function RunPage() {
  const { id } = useParams({ from: '/inside/data/runs/$id' });
  const query = useQuery(runQuery(id));
  return <Asked query={query}>{(run) => <Shown run={run} />}</Asked>;
}

const sum = (counts: Readonly<Record<string, number>>) =>
  Object.values(counts).reduce((total, count) => total + count, 0);

function Shown({ run }: { run: Run }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const client = useQueryClient();
  const of = useQuery(exportQuery(run.export)).data;
  const [asked, setAsked] = useState<string>();
  const going =
    asked ?? (of?.task != null && !isOver(of.task) && of.task.kind !== 'plan' ? of.task.id : undefined);
  const begun = ({ id }: Task) => setAsked(id);
  const ended = () => void client.invalidateQueries({ queryKey: ['runs'] });
  const apply = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/exports/{id}/run', {
          params: { path: { id: run.export } },
          body: { plan: run.run },
        }),
      ),
    onSuccess: begun,
  });
  const { people, changes } = run;
  const planned = run.status === 'planned';
  const mayRun = of?.permissions.run === true;
  return (
    <Stack gap="lg">
      <PageHead
        title={t(planned ? 'runs.planOf' : run.kind === 'undo' ? 'runs.undoOf' : 'runs.runOf', {
          name: of?.name ?? run.export,
        })}
        text={t('runs.madeBy', { by: run.requestedBy, at: format.moment(run.startedAt ?? run.madeAt) })}
        actions={
          <Group gap="sm" className={classes.noPrint}>
            {planned && mayRun && run.kind !== 'undo' ? (
              <Button
                leftSection={<IconPlayerPlay size={18} aria-hidden />}
                loading={apply.isPending}
                onClick={() => apply.mutate()}
              >
                {t('runs.apply')}
              </Button>
            ) : null}
            {me.can('look.people') ? (
              <Button
                component="a"
                href={fileAddress(`/runs/${run.run}/${planned ? 'plan' : 'people'}.csv`)}
                download
                variant="default"
                leftSection={<IconDownload size={18} aria-hidden />}
              >
                CSV
              </Button>
            ) : null}
            <Button
              variant="default"
              leftSection={<IconPrinter size={18} aria-hidden />}
              onClick={() => window.print()}
            >
              {t('runs.print')}
            </Button>
            <UndoButton run={run} mayRun={mayRun} begun={begun} />
          </Group>
        }
      />
      <Group gap="sm">
        <StatusBadge status={run.status} />
        <Anchor component={Link} to={`/data/exports/${run.export}`}>
          {of?.name ?? run.export}
        </Anchor>
        {run.seconds === undefined || planned ? null : (
          <Text size="sm" c="dimmed">
            {t('runs.took', {
              requests: format.number(run.requests ?? 0),
              time: format.duration(run.seconds),
            })}
          </Text>
        )}
      </Group>
      {apply.error === null ? null : <ProblemNote error={apply.error} />}
      {going === undefined ? null : <TaskNote id={going} onEnd={ended} />}
      <BrakeNote run={run} begun={begun} />
      {run.failure == null ? null : (
        <Alert color="red" role="alert" title={t('status.failed')}>
          {run.failure.message} {run.failure.hint}
        </Alert>
      )}
      <Tiles>
        <Tile label={t('runs.desired')} value={format.number(people.desired)} />
        <Tile label={t('runs.add')} value={format.number(people.add)} />
        <Tile label={t('runs.update')} value={format.number(people.update)} />
        <Tile label={t('runs.unchanged')} value={format.number(people.unchanged)} />
        <Tile label={t('runs.keptOut')} value={format.number(sum(people.keptOut))} />
        <Tile label={t('runs.rejected')} value={format.number(sum(people.rejected))} />
        {sum(people.failed) === 0 ? null : (
          <Tile label={t('runs.failed')} value={format.number(sum(people.failed))} />
        )}
        <Tile label={t('runs.leave')} value={format.number(people.leave)} />
      </Tiles>
      {changes === undefined ? null : (
        <Text size="sm" c="dimmed">
          {t('runs.changes', {
            fields: format.number(changes.fields),
            tag: format.number(changes.tag),
            untag: format.number(changes.untag),
            archive: format.number(changes.archive),
          })}
        </Text>
      )}
      <Warnings run={run} />
      <ReasonList run={run} />
      {sum(people.failed) > 0 && me.can('look.people') ? <Exceptions run={run.run} /> : null}
      {me.can('look.people') ? (
        <PeopleTabs run={run} />
      ) : (
        <Card withBorder>
          <Text c="dimmed">{t('runs.noPeople')}</Text>
        </Card>
      )}
    </Stack>
  );
}

/** What a brake says, and the way to let it go: by somebody who may, with the reason. */
function BrakeNote({ run, begun }: { run: Run; begun: (task: Task) => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const word = useWord();
  const [why, setWhy] = useState('');
  const release = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/runs/{id}/release', { params: { path: { id: run.run } }, body: { why } })),
    onSuccess: begun,
  });
  if (run.release != null) {
    return (
      <Text size="sm">
        {t('runs.released', { by: run.release.by, at: format.moment(run.release.at), why: run.release.why })}
      </Text>
    );
  }
  if (run.brake == null) return null;
  return (
    <Alert color="orange" role="alert" title={t('runs.brake')}>
      <Stack gap="sm">
        <Text>{run.brake.message}</Text>
        <Text size="sm">{word(`brake.${run.brake.code}`, '')}</Text>
        {run.status === 'stopped' && me.can('brakes.release') ? (
          <Stack gap="xs" maw={520}>
            <Textarea
              label={t('runs.releaseWhy')}
              required
              autosize
              minRows={2}
              value={why}
              onChange={(event) => setWhy(event.currentTarget.value)}
            />
            {release.error === null ? null : <ProblemNote error={release.error} />}
            <Group>
              <Button
                color="orange.9"
                disabled={why.trim() === ''}
                loading={release.isPending}
                onClick={() => release.mutate()}
              >
                {t('runs.release')}
              </Button>
            </Group>
          </Stack>
        ) : (
          <Text size="sm">{t('runs.releaseBy')}</Text>
        )}
      </Stack>
    </Alert>
  );
}

/** Takes a run back: the plan of that first, with what cannot be taken back. */
function UndoButton({ run, mayRun, begun }: { run: Run; mayRun: boolean; begun: (task: Task) => void }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const [open, setOpen] = useState(false);
  const isUndo = run.kind === 'undo';
  const plan = useMutation({
    mutationFn: () =>
      answerOf(api.POST('/api/v1/runs/{id}/undo-plan', { params: { path: { id: run.run } } })),
    onSuccess: (made) => navigate({ to: '/data/runs/$id', params: { id: made.run } }),
  });
  if (!mayRun) return null;
  if (isUndo && run.status === 'planned' && run.undoes !== undefined) {
    const undone = run.undoes;
    return (
      <>
        <Button
          color="orange.9"
          leftSection={<IconArrowBackUp size={18} aria-hidden />}
          onClick={() => setOpen(true)}
        >
          {t('runs.undoNow')}
        </Button>
        {open ? (
          <Confirm
            title={t('runs.undoNow')}
            text={<Text>{t('runs.undoText')}</Text>}
            action={t('runs.undoNow')}
            close={() => setOpen(false)}
            onConfirm={async () =>
              begun(
                await answerOf(
                  api.POST('/api/v1/runs/{id}/undo', {
                    params: { path: { id: undone } },
                    body: { plan: run.run },
                  }),
                ),
              )
            }
          />
        ) : null}
      </>
    );
  }
  if (isUndo || !['succeeded', 'failed', 'cancelled'].includes(run.status)) return null;
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconArrowBackUp size={18} aria-hidden />}
        loading={plan.isPending}
        onClick={() => plan.mutate()}
      >
        {t('runs.undo')}
      </Button>
      {plan.error === null ? null : <ProblemNote error={plan.error} />}
    </>
  );
}

function Warnings({ run }: { run: Run }) {
  const { t } = useTranslation();
  const format = useFormat();
  const fields = (run.fieldProblems ?? []).map(({ field, what, people, share, rejects }) =>
    t(rejects ? 'runs.fieldRejects' : 'runs.fieldCuts', {
      field,
      what,
      people: format.number(people),
      share: format.percent(share),
    }),
  );
  const made = (run.newFields ?? []).map(({ tag, name, type }) => t('runs.newField', { tag, name, type }));
  const alerts = (run.alerts ?? []).map(({ text, people }) => `${text} (${format.number(people)})`);
  const { contacts } = run;
  const meter =
    contacts === undefined
      ? []
      : [
          t(contacts.limit === null ? 'runs.contacts' : 'runs.contactsOf', {
            now: format.number(contacts.account.now),
            after: format.number(contacts.account.after),
            limit: format.number(contacts.limit ?? 0),
          }),
        ];
  const all = [...meter, ...run.warnings, ...fields, ...made, ...alerts];
  if (all.length === 0) return null;
  return (
    <Card withBorder>
      <Title order={2} mb="xs">
        {t('runs.toKnow')}
      </Title>
      <List size="sm" spacing={4}>
        {all.map((text) => (
          <List.Item key={text}>{text}</List.Item>
        ))}
      </List>
    </Card>
  );
}

const kinds = ['add', 'update', 'leave', 'keptOut', 'rejected'] as const satisfies PlanLine['action'][];

function PeopleTabs({ run }: { run: Run }) {
  const { t } = useTranslation();
  const format = useFormat();
  const { people } = run;
  const counts: Record<PlanLine['action'], number> = {
    add: people.add,
    update: people.update,
    leave: people.leave,
    keptOut: sum(people.keptOut),
    rejected: sum(people.rejected),
  };
  const first = kinds.find((kind) => counts[kind] > 0) ?? 'add';
  if (run.trimmedAt !== undefined) {
    return <Text c="dimmed">{t('runs.trimmed', { at: format.day(run.trimmedAt) })}</Text>;
  }
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('runs.people')}
      </Title>
      <Tabs defaultValue={first} keepMounted={false}>
        <Tabs.List>
          {kinds.map((kind) => (
            <Tabs.Tab key={kind} value={kind} disabled={counts[kind] === 0}>
              {t(`runs.${kind}`)} ({format.number(counts[kind])})
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {kinds.map((kind) => (
          <Tabs.Panel key={kind} value={kind} pt="md">
            <PlanPeople run={run.run} action={kind} />
          </Tabs.Panel>
        ))}
      </Tabs>
    </Card>
  );
}
