import { Button, Code, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { fileAddress } from '../../api/client.ts';
import { auditQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty } from '../../parts/states.tsx';

type Entry = AnswerTo<'/api/v1/audit'>['items'][number];

/** Who did what, when; it only ever grows. */
export function AuditPage() {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useMe();
  const navigate = useNavigate();
  const filter = useSearch({ from: '/inside/admin/audit' });
  const query = useInfiniteQuery({ ...auditQuery(filter), enabled: me.can('audit.read') });
  const entries = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const more = useMore(query);
  const columns = useMemo(
    (): DataColumn<Entry>[] => [
      {
        id: 'at',
        head: t('audit.at'),
        sort: ({ at }) => at,
        cell: ({ at }) => format.moment(at),
        width: 190,
      },
      { id: 'who', head: t('audit.who'), sort: ({ who }) => who, cell: ({ who }) => who },
      {
        id: 'action',
        head: t('audit.action'),
        sort: ({ action }) => action,
        cell: ({ action }) => <Code>{action}</Code>,
      },
      {
        id: 'subject',
        head: t('audit.subject'),
        sort: ({ subject }) => subject,
        cell: ({ subject }) => subject,
      },
      {
        id: 'detail',
        head: t('audit.detail'),
        cell: ({ detail }) => (
          <Text size="xs" lineClamp={2}>
            {Object.entries(detail)
              .map(([key, value]) => `${key}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
              .join(' · ')}
          </Text>
        ),
      },
    ],
    [t, format],
  );
  if (!me.can('audit.read')) return <Empty title={t('frame.audit')} text={t('states.notPermittedText')} />;
  const set = (name: 'who' | 'action' | 'subject') => (event: React.ChangeEvent<HTMLInputElement>) => {
    const value = event.currentTarget.value.trim();
    const { [name]: _, ...others } = filter;
    void navigate({
      to: '/admin/audit',
      search: value === '' ? others : { ...others, [name]: value },
      replace: true,
    });
  };
  const words = new URLSearchParams(filter).toString();
  return (
    <Stack>
      <PageHead
        title={t('frame.audit')}
        text={t('audit.about')}
        actions={
          <Button
            component="a"
            href={fileAddress(`/audit.csv${words === '' ? '' : `?${words}`}`)}
            download
            variant="default"
            leftSection={<IconDownload size={18} aria-hidden />}
          >
            CSV
          </Button>
        }
      />
      <Group align="flex-end">
        <TextInput label={t('audit.who')} value={filter.who ?? ''} onChange={set('who')} />
        <TextInput label={t('audit.action')} value={filter.action ?? ''} onChange={set('action')} />
        <TextInput label={t('audit.subject')} value={filter.subject ?? ''} onChange={set('subject')} />
      </Group>
      <Asked query={query}>
        {() => (
          <>
            <DataTable
              label={t('frame.audit')}
              rows={entries}
              columns={columns}
              rowId={({ id }) => String(id)}
              more={more}
            />
            <LoadMore query={query} shown={entries.length} />
          </>
        )}
      </Asked>
    </Stack>
  );
}
