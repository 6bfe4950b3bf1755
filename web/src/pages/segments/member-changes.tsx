import { Anchor, Card, Text, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { memberChangesQuery } from '../../api/queries.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { Asked } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';
import { textOf } from '../customers/people-columns.tsx';

type Change = AnswerTo<'/api/v1/segments/{id}/changes'>['items'][number];

/** So many attributes are shown of each. */
const mostColumns = 4;

/** Who entered and left in the last months, the newest first. */
export function MemberChanges({ id }: { id: string }) {
  const { t } = useTranslation();
  const query = useInfiniteQuery(memberChangesQuery(id));
  const changes = useMemo(() => query.data?.pages.flat() ?? [], [query.data]);
  const columns = useMemo((): DataColumn<Change>[] => {
    const known = changes.find(({ person }) => person !== null)?.person ?? {};
    const names = Object.keys(known).filter((name) => name !== 'customer_id');
    return [
      {
        id: 'at',
        head: t('segments.when'),
        sort: ({ at }) => at,
        cell: ({ at }) => <When at={at} />,
      },
      {
        id: 'change',
        head: t('segments.change'),
        sort: ({ change }) => change,
        cell: ({ change }) =>
          change === 'entered' ? `+ ${t('segments.entered')}` : `− ${t('segments.left')}`,
      },
      {
        id: 'person',
        head: names[0] ?? t('segments.person'),
        cell: ({ customerId, person }) => {
          const text = textOf(person?.[names[0] ?? '']) || customerId.slice(0, 8);
          return person === null ? (
            <Text size="sm" c="dimmed">
              {text}
            </Text>
          ) : (
            <Anchor component={Link} to={`/data/customers/${customerId}`} size="sm">
              {text}
            </Anchor>
          );
        },
      },
      ...names.slice(1, mostColumns).map((name) => ({
        id: `of ${name}`,
        head: name,
        cell: ({ person }: Change) => textOf(person?.[name]),
      })),
    ];
  }, [changes, t]);
  const more = useMore(query);
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('segments.changes')}
      </Title>
      <Asked query={query} lines={2}>
        {() =>
          changes.length === 0 ? (
            <Text c="dimmed">{t('segments.noChanges')}</Text>
          ) : (
            <>
              <DataTable
                label={t('segments.changes')}
                rows={changes}
                columns={columns}
                rowId={({ customerId, change, at }) => `${customerId} ${change} ${at}`}
                more={more}
              />
              <LoadMore query={query} shown={changes.length} />
            </>
          )
        }
      </Asked>
    </Card>
  );
}
