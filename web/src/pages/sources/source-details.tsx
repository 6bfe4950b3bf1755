import { Anchor, Card, Code, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answerOf, api, fileAddress } from '../../api/client.ts';
import { useFormat } from '../../language/format.ts';
import { Asked } from '../../parts/states.tsx';

interface ColumnSummary {
  name: string;
  type?: string;
  missing?: number;
  distinct?: number;
  /** Values that stand in more than one row, the most frequent first. */
  mostRepeated?: { value: unknown; rows: number }[];
}

interface RejectedRow {
  file?: string;
  line?: number;
  column?: string | null;
  reason: string;
}

/** What stands in the columns of a source, and the rows that were set aside. */
export function SourceDetails({ id }: { id: string }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = useQuery({
    queryKey: ['sources', id, 'columns'],
    queryFn: () => answerOf(api.GET('/api/v1/sources/{id}/columns', { params: { path: { id } } })),
    retry: false,
  });
  const rejected = useQuery({
    queryKey: ['sources', id, 'rejected'],
    queryFn: () =>
      answerOf(api.GET('/api/v1/sources/{id}/rejected', { params: { path: { id }, query: { limit: 20 } } })),
    retry: false,
  });
  return (
    <Stack>
      <Card withBorder>
        <Title order={2} mb="sm">
          {t('sources.columnsOf', { name: id })}
        </Title>
        <Asked query={columns}>
          {({ columns: all }) => (
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('sources.column')}</Table.Th>
                    <Table.Th>{t('sources.type')}</Table.Th>
                    <Table.Th ta="end">{t('sources.missing')}</Table.Th>
                    <Table.Th ta="end">{t('sources.distinct')}</Table.Th>
                    <Table.Th>{t('sources.common')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {(all as ColumnSummary[]).map(({ name, type, missing, distinct, mostRepeated }) => (
                    <Table.Tr key={name}>
                      <Table.Td fw={600}>{name}</Table.Td>
                      <Table.Td>{type}</Table.Td>
                      <Table.Td ta="end">{missing === undefined ? '–' : format.number(missing)}</Table.Td>
                      <Table.Td ta="end">{distinct === undefined ? '–' : format.number(distinct)}</Table.Td>
                      <Table.Td>
                        <Text size="xs" lineClamp={1}>
                          {(mostRepeated ?? [])
                            .slice(0, 4)
                            .map(({ value, rows }) => `${String(value)} (${format.number(rows)})`)
                            .join(', ')}
                        </Text>
                      </Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
          )}
        </Asked>
      </Card>
      <Asked query={rejected} lines={2}>
        {({ items }) =>
          items.length === 0 ? null : (
            <Card withBorder>
              <Title order={2} mb="sm">
                {t('sources.setAside')}
              </Title>
              {(items as RejectedRow[]).map(({ file, line, column, reason }) => (
                <Text size="sm" key={`${file} ${line} ${column ?? ''} ${reason}`}>
                  <Code>
                    {file}:{line}
                  </Code>{' '}
                  {column} {reason}
                </Text>
              ))}
              <Anchor href={fileAddress(`/sources/${id}/rejected.csv`)} download size="sm">
                {t('sources.rejectedCsv')}
              </Anchor>
            </Card>
          )
        }
      </Asked>
    </Stack>
  );
}
