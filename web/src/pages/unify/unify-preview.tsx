import { Card, List, Stack, Table, Text, Title } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { useFormat } from '../../language/format.ts';
import { Asked } from '../../parts/states.tsx';
import { Tile, Tiles } from '../../parts/tile.tsx';
import type { UnifySettings } from './unify-model.ts';

interface SampleRecord {
  source: string;
  key: string;
  values: Record<string, string>;
}
interface PairSample {
  rule: string;
  similarity: number | null;
  one: SampleRecord;
  other: SampleRecord;
}
interface SizeChange {
  id: string;
  before: number | null;
  after: number | null;
}
interface Preview {
  before?: { records: number; people: number };
  after: { records: number; people: number };
  merges: { people: number; of: number; samples: PairSample[] };
  splits: { people: number; into: number; samples: PairSample[] };
  largest: number;
  rules: { rule: string; source?: string; onlyByThis: number }[];
  largeGroups: { id: string; rule: string; records: number; examples: string[] }[];
  warnings: { message?: string }[];
  looked: { segments: SizeChange[]; exports: SizeChange[]; problems: string[] };
}

/** What the settings as they stand would make of the records that were read last; nothing is stored. */
export function UnifyPreview({ settings }: { settings: UnifySettings }) {
  const { t } = useTranslation();
  const format = useFormat();
  const query = useQuery({
    queryKey: ['unify', 'preview', settings],
    queryFn: async ({ signal }) =>
      (await answerOf(
        api.POST('/api/v1/unify/preview', { body: settings as never, signal }),
      )) as unknown as Preview,
    placeholderData: keepPreviousData,
    retry: false,
  });
  return (
    <Card withBorder component="section">
      <Title order={2} mb={4}>
        {t('unify.preview')}
      </Title>
      <Text size="sm" c="dimmed" mb="md">
        {t('unify.previewText')}
      </Text>
      <Asked query={query} lines={3}>
        {({ before, after, merges, splits, largest, rules, largeGroups, warnings, looked }) => (
          <Stack>
            <Tiles>
              <Tile label={t('unify.records')} value={format.number(after.records)} />
              <Tile
                label={t('unify.people')}
                value={format.number(after.people)}
                hint={
                  before === undefined ? undefined : t('unify.now', { people: format.number(before.people) })
                }
              />
              <Tile label={t('unify.merges')} value={format.number(merges.people)} />
              <Tile label={t('unify.splits')} value={format.number(splits.people)} />
              <Tile label={t('unify.largest')} value={format.number(largest)} />
            </Tiles>
            {rules.length === 0 ? null : (
              <List size="sm">
                {rules.map(({ rule, source, onlyByThis }, index) => (
                  <List.Item key={`${index} ${rule}`}>
                    {t(source === undefined ? 'unify.onlyBy' : 'unify.onlyByWithin', {
                      rule,
                      source,
                      people: format.number(onlyByThis),
                    })}
                  </List.Item>
                ))}
              </List>
            )}
            {largeGroups.map(({ id, rule, records, examples }) => (
              <Text key={`${rule} ${id}`} size="sm">
                ⚠{' '}
                {t('unify.tooLarge', {
                  rule,
                  records: format.number(records),
                  examples: examples.join(', '),
                })}
              </Text>
            ))}
            {warnings.map(({ message }) =>
              message === undefined ? null : (
                <Text key={message} size="sm">
                  ⚠ {message}
                </Text>
              ),
            )}
            <Pairs title={t('unify.mergeSamples')} samples={merges.samples} />
            <Pairs title={t('unify.splitSamples')} samples={splits.samples} />
            <Sizes
              title={t('unify.sizes')}
              changes={[...looked.segments, ...looked.exports].filter(
                ({ before: was, after: will }) => was !== will,
              )}
            />
          </Stack>
        )}
      </Asked>
    </Card>
  );
}

function Pairs({ title, samples }: { title: string; samples: readonly PairSample[] }) {
  const format = useFormat();
  if (samples.length === 0) return null;
  const names = [
    ...new Set(
      samples.flatMap(({ one, other }) => [...Object.keys(one.values), ...Object.keys(other.values)]),
    ),
  ];
  return (
    <div>
      <Text fw={600} size="sm" mb={4}>
        {title}
      </Text>
      <Table.ScrollContainer minWidth={560}>
        <Table fz="xs" verticalSpacing={4}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th />
              {names.map((name) => (
                <Table.Th key={name}>{name}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {samples.flatMap((pair, index) =>
              [pair.one, pair.other].map((record, side) => (
                <Table.Tr key={`${index} ${side}`}>
                  <Table.Td>
                    {record.source} {record.key}
                    {side === 1 ? ` · ${pair.rule}` : ''}
                    {side === 1 && pair.similarity !== null ? ` ${format.percent(pair.similarity)}` : ''}
                  </Table.Td>
                  {names.map((name) => (
                    <Table.Td key={name}>{record.values[name]}</Table.Td>
                  ))}
                </Table.Tr>
              )),
            )}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </div>
  );
}

function Sizes({ title, changes }: { title: string; changes: readonly SizeChange[] }) {
  const format = useFormat();
  if (changes.length === 0) return null;
  const shown = (value: number | null) => (value === null ? '–' : format.number(value));
  return (
    <div>
      <Text fw={600} size="sm" mb={4}>
        {title}
      </Text>
      <List size="sm">
        {changes.map(({ id, before, after }) => (
          <List.Item key={id}>
            {id}: {shown(before)} → {shown(after)}
          </List.Item>
        ))}
      </List>
    </div>
  );
}
