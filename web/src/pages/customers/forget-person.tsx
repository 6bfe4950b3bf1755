import { Button, Checkbox, Code, Group, List, Modal, Radio, Stack, Text, Textarea } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { saveFile } from '../../parts/save-file.ts';
import { Asked, ProblemNote } from '../../parts/states.tsx';
import type { Person } from './person-page.tsx';

/** Erases somebody here and in Mailchimp; what would go is shown first, and the receipt last. */
export function ForgetPerson({ person, close }: { person: Person; close: () => void }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const navigate = useNavigate();
  const [how, setHow] = useState<'archive' | 'delete'>('archive');
  const [why, setWhy] = useState('');
  const [allOfThem, setAllOfThem] = useState(false);
  const who = person.customerId;
  const preview = useQuery({
    queryKey: ['forget', who],
    queryFn: () => answerOf(api.POST('/api/v1/people/forget/preview', { body: { person: who } })),
    retry: false,
  });
  const profiles = preview.data?.profiles ?? 1;
  const shared = profiles > 1;
  const forget = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/people/forget', {
          body: { person: who, how, why, ...(shared && allOfThem ? { people: profiles } : {}) },
        }),
      ),
    onSuccess: () => {
      // Lists, members and plans that were looked at hold them still.
      for (const key of ['people', 'segments', 'runs', 'forget']) client.removeQueries({ queryKey: [key] });
    },
  });
  const receipt = forget.data as { erasure: string; state: string; notes?: string[] } | undefined;
  const leave = async () => {
    close();
    if (receipt?.state !== 'done') return;
    // The page below is about somebody who is not there any more.
    await navigate({ to: '/data/customers' });
    client.removeQueries({ queryKey: ['person'] });
  };
  return (
    <Modal
      opened
      onClose={() => void leave()}
      title={t('customers.forgetTitle')}
      size="lg"
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      {receipt === undefined ? (
        <Stack>
          <Text size="sm">{t('customers.forgetText')}</Text>
          <Asked query={preview} lines={2}>
            {({ addresses }) => (
              <Text size="sm">
                {t('customers.forgetWhat', { addresses: addresses.join(', '), profiles })}
              </Text>
            )}
          </Asked>
          {shared ? (
            <Checkbox
              label={t('customers.forgetAll', { count: profiles })}
              description={t('customers.forgetAllText')}
              checked={allOfThem}
              onChange={(event) => setAllOfThem(event.currentTarget.checked)}
            />
          ) : null}
          <Radio.Group label={t('customers.inMailchimp')} value={how} onChange={setHow}>
            <Stack gap="xs" mt="xs">
              <Radio value="archive" label={t('customers.archive')} />
              <Radio value="delete" label={t('customers.delete')} />
            </Stack>
          </Radio.Group>
          <Textarea
            label={t('customers.why')}
            description={t('customers.whyText')}
            required
            value={why}
            onChange={(event) => setWhy(event.currentTarget.value)}
          />
          {forget.error === null ? null : <ProblemNote error={forget.error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={close}>
              {t('act.back')}
            </Button>
            <Button
              color="red.9"
              disabled={why.trim() === '' || preview.isPending || (shared && !allOfThem)}
              loading={forget.isPending}
              onClick={() => forget.mutate()}
            >
              {t('customers.forget')}
            </Button>
          </Group>
        </Stack>
      ) : (
        <Stack>
          <Text role="status">
            {t(receipt.state === 'done' ? 'customers.forgotten' : 'customers.forgetOpen')}{' '}
            <Code>{receipt.erasure}</Code>
          </Text>
          <List size="sm">
            {(receipt.notes ?? []).map((note) => (
              <List.Item key={note}>{note}</List.Item>
            ))}
          </List>
          <Group justify="flex-end">
            <Button
              variant="default"
              onClick={() => saveFile(`receipt-${receipt.erasure}.json`, forget.data)}
            >
              {t('customers.saveReceipt')}
            </Button>
            <Button onClick={() => void leave()}>{t('act.close')}</Button>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
