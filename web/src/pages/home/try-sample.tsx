import { Button, Group, Stack, Text } from '@mantine/core';
import { IconFlask } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { sampleQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { ProblemNote } from '../../parts/states.tsx';

/** For people who have nothing yet: everything there is, with made-up customers. */
export function TrySample() {
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const sample = useQuery(sampleQuery).data;
  const begin = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/sample')),
    onSuccess: () => client.resetQueries(),
  });
  if (sample?.offered !== true || !me.can('connections.edit')) return null;
  return (
    <Stack gap="xs" mt="md">
      <Group gap="sm">
        <Button
          variant="default"
          leftSection={<IconFlask size={18} aria-hidden />}
          loading={begin.isPending}
          onClick={() => begin.mutate()}
        >
          {t('sample.begin')}
        </Button>
        <Text size="sm" c="dimmed" flex={1} miw={240}>
          {t('sample.beginText')}
        </Text>
      </Group>
      {begin.error === null ? null : <ProblemNote error={begin.error} />}
    </Stack>
  );
}
