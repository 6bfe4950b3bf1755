import { Alert, Anchor, Button, Group, Text } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../api/client.ts';
import { sampleQuery } from '../api/queries.ts';
import { ProblemNote } from '../parts/states.tsx';
import classes from '../parts/print.module.css';
import { useMe } from './session.ts';

/** Whether the browser is on the machine of the server, where the local Mailchimp can be seen. */
const onTheMachine = ['127.0.0.1', 'localhost', '[::1]'].includes(window.location.hostname);

/** Says on every page that nobody in it is real. */
export function SampleNote() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const navigate = useNavigate();
  const sample = useQuery(sampleQuery).data;
  const end = useMutation({
    mutationFn: () => answerOf(api.DELETE('/api/v1/sample')),
    onSuccess: async () => {
      await navigate({ to: '/' });
      // Another world: nothing that was asked for is true in it.
      await client.resetQueries();
    },
  });
  if (sample?.shown !== true) return null;
  return (
    <Alert
      variant="light"
      color="violet"
      mb="lg"
      icon={<IconFlask aria-hidden />}
      title={t('sample.title')}
      className={classes.noPrint}
    >
      <Group justify="space-between">
        <Text size="sm" flex={1} miw={240}>
          {t('sample.text')}{' '}
          {onTheMachine && sample.mailchimp !== null ? (
            <Anchor href={sample.mailchimp} target="_blank" rel="noreferrer" size="sm">
              {t('sample.mailchimp')}
            </Anchor>
          ) : null}
        </Text>
        {me.can('connections.edit') ? (
          <Button size="xs" variant="default" loading={end.isPending} onClick={() => end.mutate()}>
            {t('sample.end')}
          </Button>
        ) : null}
      </Group>
      {end.error === null ? null : <ProblemNote error={end.error} />}
    </Alert>
  );
}
