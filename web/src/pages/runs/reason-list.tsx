import { Card, Table, Text, Title } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import type { Run } from '../../api/answers.ts';
import { useFormat } from '../../language/format.ts';
import { useWord } from '../../language/use-word.ts';

/** Everybody who is not sent, by reason, with what would cure it. */
export function ReasonList({ run: { people } }: { run: Run }) {
  const { t } = useTranslation();
  const word = useWord();
  const format = useFormat();
  const all = (['keptOut', 'rejected', 'failed'] as const).flatMap((kind) =>
    Object.entries(people[kind]).map(([reason, count]) => ({ kind, reason, count })),
  );
  if (all.length === 0) return null;
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('runs.notSent')}
      </Title>
      <Table.ScrollContainer minWidth={480}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th ta="end" w={100}>
                {t('runs.count')}
              </Table.Th>
              <Table.Th>{t('runs.why')}</Table.Th>
              <Table.Th>{t('runs.cure')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {all
              .toSorted((one, other) => other.count - one.count)
              .map(({ kind, reason, count }) => (
                <Table.Tr key={`${kind} ${reason}`}>
                  <Table.Td ta="end">{format.number(count)}</Table.Td>
                  <Table.Td>
                    {word(`reason.${reason}`, reason)}
                    <Text size="xs" c="dimmed">
                      {t(`runs.${kind}`)}
                    </Text>
                  </Table.Td>
                  <Table.Td>{word(`cure.${reason}`, '')}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Card>
  );
}
