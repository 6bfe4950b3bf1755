import { Card, Group, MultiSelect, Progress, Stack, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Segment } from '../../api/answers.ts';
import { overlapQuery, segmentsQuery } from '../../api/queries.ts';
import { useFormat } from '../../language/format.ts';
import { ProblemNote } from '../../parts/states.tsx';

/** With the segment itself five, as the server compares. */
const mostOthers = 4;

/** How many people a segment has in common with others: one line for each combination. */
export function Overlap({ of }: { of: Segment }) {
  const { t } = useTranslation();
  const format = useFormat();
  const all = useQuery(segmentsQuery).data ?? [];
  const [others, setOthers] = useState<string[]>([]);
  const query = useQuery({
    ...overlapQuery([of.segment, ...others]),
    enabled: others.length > 0,
    placeholderData: keepPreviousData,
  });
  const nameOf = (id: string) => all.find(({ segment }) => segment === id)?.name ?? id;
  const parts = others.length === 0 ? [] : (query.data ?? []);
  const total = parts.reduce((sum, { people }) => sum + people, 0);
  return (
    <Card withBorder>
      <Title order={2} mb="sm">
        {t('segments.overlap')}
      </Title>
      <Stack>
        <MultiSelect
          label={t('segments.overlapWith')}
          description={t('segments.overlapText')}
          maw={560}
          searchable
          maxValues={mostOthers}
          data={all
            .filter(({ segment, members }) => segment !== of.segment && members !== null)
            .map(({ segment, name }) => ({ value: segment, label: name }))}
          value={others}
          onChange={setOthers}
        />
        {query.error === null ? null : <ProblemNote error={query.error} />}
        {parts.map(({ segments, people }) => {
          const names = segments.map(nameOf).join(' + ');
          const label = segments.length === 1 ? t('segments.onlyIn', { name: names }) : names;
          return (
            <Stack key={segments.join(' ')} gap={4}>
              <Group justify="space-between" wrap="nowrap">
                <Text size="sm">{label}</Text>
                <Text size="sm" fw={600}>
                  {format.number(people)}
                </Text>
              </Group>
              <Progress value={(people / total) * 100} aria-label={label} />
            </Stack>
          );
        })}
      </Stack>
    </Card>
  );
}
