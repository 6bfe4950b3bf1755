import { Card, Table, Title } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { exceptionsQuery } from '../../api/queries.ts';
import { useWord } from '../../language/use-word.ts';
import { LoadMore } from '../../parts/load-more.tsx';
import { Asked } from '../../parts/states.tsx';

/** Whom Mailchimp refused, each with what it said. */
export function Exceptions({ run }: { run: string }) {
  const { t } = useTranslation();
  const word = useWord();
  const query = useInfiniteQuery(exceptionsQuery(run));
  const people = query.data?.pages.flat() ?? [];
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('runs.refused')}
      </Title>
      <Asked query={query} lines={3}>
        {() => (
          <>
            <Table.ScrollContainer minWidth={560}>
              <Table>
                <Table.Thead>
                  <Table.Tr>
                    <Table.Th>{t('runs.person')}</Table.Th>
                    <Table.Th>{t('runs.why')}</Table.Th>
                    <Table.Th>{t('runs.said')}</Table.Th>
                    <Table.Th>{t('runs.cure')}</Table.Th>
                  </Table.Tr>
                </Table.Thead>
                <Table.Tbody>
                  {people.map(({ email, reason, detail, what, cure }) => (
                    <Table.Tr key={email}>
                      <Table.Td>{email}</Table.Td>
                      <Table.Td>{word(`reason.${reason}`, what)}</Table.Td>
                      <Table.Td>{detail}</Table.Td>
                      <Table.Td>{word(`cure.${reason}`, cure)}</Table.Td>
                    </Table.Tr>
                  ))}
                </Table.Tbody>
              </Table>
            </Table.ScrollContainer>
            <LoadMore query={query} shown={people.length} />
          </>
        )}
      </Asked>
    </Card>
  );
}
