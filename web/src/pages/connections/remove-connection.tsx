import { SegmentedControl, Stack, Text } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { Confirm } from '../../parts/confirm.tsx';

/** Removes a connection; of each export that uses it somebody says what becomes of it. */
export function RemoveConnection({
  of: { id, name, usedBy, etag },
  close,
}: {
  of: Connection;
  close: () => void;
}) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [fates, setFates] = useState<Record<string, 'detach' | 'remove'>>(
    Object.fromEntries(usedBy.map((each) => [each, 'detach' as const])),
  );
  return (
    <Confirm
      title={t('connections.removeTitle', { name })}
      text={
        <Stack>
          <Text>{t(usedBy.length === 0 ? 'connections.removeText' : 'connections.removeUsed')}</Text>
          {usedBy.map((each) => (
            <Stack key={each} gap={4}>
              <Text fw={600} size="sm">
                {each}
              </Text>
              <SegmentedControl
                aria-label={each}
                data={[
                  { value: 'detach', label: t('exports.detach') },
                  { value: 'remove', label: t('exports.remove') },
                ]}
                value={fates[each] ?? 'detach'}
                onChange={(value) => setFates({ ...fates, [each]: value })}
              />
            </Stack>
          ))}
        </Stack>
      }
      action={t('exports.remove')}
      danger
      close={close}
      onConfirm={async () => {
        await answerOf(
          api.POST('/api/v1/connections/{id}/remove', {
            params: { path: { id } },
            body: { exports: fates },
            headers: { 'if-match': etag },
          }),
        );
        await client.invalidateQueries({ queryKey: ['connections'] });
        await client.invalidateQueries({ queryKey: ['exports'] });
      }}
    />
  );
}
