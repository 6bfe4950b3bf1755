import { Table } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { Area, AreaChart, CartesianGrid, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import type { AnswerTo } from '../../api/answers.ts';
import { useFormat } from '../../language/format.ts';

type Point = AnswerTo<'/api/v1/segments/{id}/trend'>['items'][number];

const shownRefreshes = 8;

/** How many people were in a segment after each refresh, and how many came and went with the last ones. */
export default function Trend({ points }: { points: readonly Point[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const inTime = points.toSorted((one, other) => one.refreshedAt.localeCompare(other.refreshedAt));
  return (
    <>
      <div aria-hidden>
        <ResponsiveContainer width="100%" height={220}>
          <AreaChart data={[...inTime]} margin={{ left: 8, right: 16, top: 8 }} accessibilityLayer={false}>
            <CartesianGrid vertical={false} stroke="var(--mantine-color-default-border)" />
            <XAxis
              dataKey="refreshedAt"
              tickFormatter={(at: string) => format.day(at)}
              minTickGap={60}
              stroke="var(--mantine-color-dimmed)"
              fontSize={12}
            />
            <YAxis
              tickFormatter={(value: number) => format.number(value)}
              width={64}
              stroke="var(--mantine-color-dimmed)"
              fontSize={12}
            />
            <Tooltip
              contentStyle={{
                background: 'var(--mantine-color-body)',
                border: '1px solid var(--mantine-color-default-border)',
              }}
              labelFormatter={(at) => (typeof at === 'string' ? format.moment(at) : '')}
              formatter={(value) => [format.number(Number(value)), t('segments.members')]}
            />
            <Area
              type="stepAfter"
              dataKey="members"
              stroke="var(--mantine-color-cyan-7)"
              fill="var(--mantine-color-cyan-light)"
              isAnimationActive={false}
            />
          </AreaChart>
        </ResponsiveContainer>
      </div>
      <Table.ScrollContainer minWidth={420}>
        <Table fz="sm" verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t('segments.refreshed')}</Table.Th>
              <Table.Th ta="end">{t('segments.members')}</Table.Th>
              <Table.Th ta="end">{t('segments.entered')}</Table.Th>
              <Table.Th ta="end">{t('segments.left')}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {inTime
              .slice(-shownRefreshes)
              .toReversed()
              .map(({ refreshedAt, members, entered, left }) => (
                <Table.Tr key={refreshedAt}>
                  <Table.Td>{format.moment(refreshedAt)}</Table.Td>
                  <Table.Td ta="end">{format.number(members)}</Table.Td>
                  <Table.Td ta="end">{format.number(entered)}</Table.Td>
                  <Table.Td ta="end">{format.number(left)}</Table.Td>
                </Table.Tr>
              ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </>
  );
}
