import { Anchor, Button, Card, Group, NumberInput, Stack, Table, Text, Title } from '@mantine/core';
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { exportSettingsQuery, exportsQuery, retentionQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { Asked, ProblemNote } from '../../parts/states.tsx';

/** The brakes of every export side by side, and how long the people of runs are kept. */
export function Limits() {
  const { t } = useTranslation();
  const exports = useQuery(exportsQuery);
  const retention = useQuery(retentionQuery);
  return (
    <Stack>
      <Card withBorder>
        <Text c="dimmed" size="sm" mb="sm">
          {t('limits.about')}
        </Text>
        <Asked query={exports} lines={3}>
          {(all) => <Brakes exports={all.map(({ id, name }) => ({ id, name }))} />}
        </Asked>
      </Card>
      <Asked query={retention} lines={2}>
        {(item) => <Retention key={item?.etag ?? 'new'} item={item} />}
      </Asked>
    </Stack>
  );
}

function Brakes({ exports }: { exports: readonly { id: string; name: string }[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const settings = useQueries({ queries: exports.map(({ id }) => exportSettingsQuery(id)) });
  const shown = (limit: unknown): string =>
    typeof limit === 'number' ? format.number(limit) : typeof limit === 'string' ? limit : t('limits.none');
  return (
    <Table.ScrollContainer minWidth={560}>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t('exports.name')}</Table.Th>
            <Table.Th>{t('limits.leavers')}</Table.Th>
            <Table.Th>{t('limits.newContacts')}</Table.Th>
            <Table.Th>{t('limits.people')}</Table.Th>
            <Table.Th>{t('limits.contract')}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {exports.map(({ id, name }, index) => {
            const asked = settings[index];
            // What an export has is stored whole; until it is here nothing is claimed of it.
            const limits = asked?.data?.settings.limits as Record<string, unknown> | undefined;
            const cells = ['leavers', 'newContacts', 'people', 'contract'] as const;
            return (
              <Table.Tr key={id}>
                <Table.Td>
                  <Anchor component={Link} to={`/data/exports/${id}`}>
                    {name}
                  </Anchor>
                </Table.Td>
                {asked?.error != null ? (
                  <Table.Td colSpan={cells.length}>
                    <ProblemNote error={asked.error} />
                  </Table.Td>
                ) : (
                  cells.map((each) => (
                    <Table.Td key={each}>{limits === undefined ? '…' : shown(limits[each])}</Table.Td>
                  ))
                )}
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** Where nobody has said otherwise. */
const defaultDays = 400;

function Retention({ item }: { item: AnswerTo<'/api/v1/retention'>['item'] }) {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const stored = (item?.settings as { runs?: { days?: number } } | undefined)?.runs?.days;
  const [days, setDays] = useState<number | string>(stored ?? defaultDays);
  const save = useMutation({
    mutationFn: () =>
      answerOf(
        api.PUT('/api/v1/retention', {
          body: { runs: { days: Number(days) } },
          headers: item === null ? { 'if-none-match': '*' } : { 'if-match': item.etag },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['retention'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  const mayEdit = me.can('system.edit');
  return (
    <Card withBorder component="form" onSubmit={submit} maw={560}>
      <Title order={2} mb="sm">
        {t('limits.retention')}
      </Title>
      <Stack>
        <NumberInput
          label={t('limits.days')}
          description={t('limits.daysText')}
          min={1}
          allowDecimal={false}
          disabled={!mayEdit}
          value={days}
          onChange={setDays}
        />
        {save.error === null ? null : <ProblemNote error={save.error} />}
        {mayEdit ? (
          <Group>
            <Button type="submit" loading={save.isPending} disabled={typeof days !== 'number'}>
              {t('act.save')}
            </Button>
          </Group>
        ) : null}
      </Stack>
    </Card>
  );
}
