import { Card, Progress, Stack, Text, Title } from '@mantine/core';
import { useQueries } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import type { ListedExport, Run } from '../../api/answers.ts';
import { runQuery } from '../../api/queries.ts';
import { useFormat } from '../../language/format.ts';

/** How full the Mailchimp contracts are, as the last run of each export found its account. */
export function ContractMeter({ exports }: { exports: readonly ListedExport[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const runs = useQueries({
    queries: exports.flatMap(({ last }) => (last?.run == null ? [] : [runQuery(last.run)])),
  });
  const meters = runs.flatMap(({ data }) => {
    const limit = data?.contacts?.limit;
    if (data === undefined || limit == null || limit <= 0) return [];
    const name = exports.find(({ id }) => id === data.export)?.connection?.name ?? data.export;
    return [{ name, limit, now: contactsOf(data), at: data.madeAt }];
  });
  // Several exports of one account see the same contacts; the newest look counts.
  const byAccount = new Map(
    meters.toSorted((one, other) => one.at.localeCompare(other.at)).map((meter) => [meter.name, meter]),
  );
  if (byAccount.size === 0) return null;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('home.contract')}
      </Title>
      <Stack gap="md">
        {[...byAccount.values()].map(({ name, limit, now }) => (
          <div key={name}>
            <Text size="sm" mb={4}>
              {t('home.contractOf', { name, now: format.number(now), limit: format.number(limit) })}
            </Text>
            <Progress
              value={Math.min(100, (100 * now) / limit)}
              color={now / limit > 0.9 ? 'orange' : 'cyan'}
              aria-label={name}
            />
          </div>
        ))}
      </Stack>
    </Card>
  );
}

/** How many contacts the account has: as a run left them, or, where nothing or only a part was sent, as it found them. */
export function contactsOf({ status, contacts }: Pick<Run, 'status' | 'contacts'>): number {
  const { now = 0, after = 0 } = contacts?.account ?? {};
  return status === 'succeeded' ? after : now;
}
