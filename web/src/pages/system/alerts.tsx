import { Button, Card, Group, Select, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { alertsQuery } from '../../api/queries.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { Asked, ProblemNote } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';

type Channel = AnswerTo<'/api/v1/alerts'>['items'][number];

/** Whom failures that stay, brakes and recoveries are told. */
export function Alerts() {
  const { t } = useTranslation();
  const query = useQuery(alertsQuery);
  return (
    <Stack maw={760}>
      <Text c="dimmed">{t('alerts.about')}</Text>
      <Asked query={query} lines={2}>
        {(channels) => channels.map((channel) => <ChannelCard key={channel.id} channel={channel} />)}
      </Asked>
      <AddChannel />
    </Stack>
  );
}

function ChannelCard({ channel: { id, name, kind, shown, lastSentAt, lastProblem } }: { channel: Channel }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const path = { params: { path: { id } } };
  const changed = () => client.invalidateQueries({ queryKey: ['alerts'] });
  const test = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/alerts/{id}/test', path)),
    onSettled: changed,
  });
  const [removing, setRemoving] = useState(false);
  return (
    <Card withBorder>
      <Group justify="space-between" align="flex-start">
        <Stack gap={2}>
          <Text fw={600}>{name}</Text>
          <Text size="sm" c="dimmed">
            {t(`alerts.kind.${kind}`)} · {shown}
          </Text>
          <Text size="sm">
            {lastSentAt === undefined ? t('alerts.neverSent') : t('alerts.lastSent')}{' '}
            {lastSentAt === undefined ? null : <When at={lastSentAt} />}
          </Text>
          {lastProblem === undefined ? null : <Text size="sm">⚠ {lastProblem}</Text>}
          {test.isSuccess ? <Text size="sm">✓ {t('alerts.testSent')}</Text> : null}
        </Stack>
        <Group gap="xs">
          <Button size="xs" variant="default" loading={test.isPending} onClick={() => test.mutate()}>
            {t('alerts.test')}
          </Button>
          <Button size="xs" variant="default" onClick={() => setRemoving(true)}>
            {t('exports.remove')}
          </Button>
        </Group>
      </Group>
      {test.error === null ? null : <ProblemNote error={test.error} />}
      {removing ? (
        <Confirm
          title={t('alerts.removeTitle', { name })}
          text={<Text>{t('alerts.removeText')}</Text>}
          action={t('exports.remove')}
          danger
          close={() => setRemoving(false)}
          onConfirm={async () => {
            await answerOf(api.DELETE('/api/v1/alerts/{id}', path));
            await changed();
          }}
        />
      ) : null}
    </Card>
  );
}

function AddChannel() {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [kind, setKind] = useState<Channel['kind']>('email');
  const [name, setName] = useState('');
  const [to, setTo] = useState('');
  const [secret, setSecret] = useState('');
  const add = useMutation({
    mutationFn: () => {
      const target =
        kind === 'email'
          ? { kind, to: to.split(/[\s,;]+/).filter((each) => each !== '') }
          : kind === 'slack'
            ? { kind, url: to }
            : { kind, url: to, secret };
      return answerOf(api.POST('/api/v1/alerts', { body: { name, target } }));
    },
    onSuccess: async () => {
      setName('');
      setTo('');
      setSecret('');
      await client.invalidateQueries({ queryKey: ['alerts'] });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    add.mutate();
  };
  return (
    <Card withBorder component="form" onSubmit={submit}>
      <Title order={2} mb="sm">
        {t('alerts.add')}
      </Title>
      <Stack>
        <Select
          label={t('alerts.where')}
          data={(['email', 'slack', 'webhook'] as const).map((value) => ({
            value,
            label: t(`alerts.kind.${value}`),
          }))}
          value={kind}
          allowDeselect={false}
          onChange={(value) => setKind(value ?? 'email')}
        />
        <TextInput
          label={t('connections.name')}
          required
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t(kind === 'email' ? 'alerts.addresses' : 'alerts.url')}
          required
          value={to}
          onChange={(event) => setTo(event.currentTarget.value)}
        />
        {kind === 'webhook' ? (
          <TextInput
            label={t('alerts.secret')}
            description={t('alerts.secretText')}
            required
            autoComplete="off"
            value={secret}
            onChange={(event) => setSecret(event.currentTarget.value)}
          />
        ) : null}
        {add.error === null ? null : <ProblemNote error={add.error} />}
        <Group>
          <Button type="submit" loading={add.isPending}>
            {t('alerts.add')}
          </Button>
        </Group>
      </Stack>
    </Card>
  );
}
