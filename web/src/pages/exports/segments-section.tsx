import { MultiSelect, Text } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { segmentsQuery } from '../../api/queries.ts';
import { useFormat } from '../../language/format.ts';
import { useWord } from '../../language/use-word.ts';
import { ProblemNote } from '../../parts/states.tsx';
import { Section, type SectionProps } from './destination-section.tsx';

/** Whose people go there, whose do not, and how many that makes in all. */
export function SegmentsSection({ form, change }: SectionProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const word = useWord();
  const segments = useQuery(segmentsQuery).data ?? [];
  const size = useQuery({
    queryKey: ['exports', 'size', form.email, form.segments, form.exclude],
    queryFn: () =>
      answerOf(
        api.POST('/api/v1/exports/size', {
          body: { match: { email: form.email }, segments: form.segments, exclude: form.exclude },
        }),
      ),
    enabled: form.email !== '' && form.segments.length > 0,
    placeholderData: keepPreviousData,
  });
  const label = ({ name, members, state }: (typeof segments)[number]) =>
    [
      name,
      members === null
        ? t('segments.neverRun')
        : t('segments.people', { count: members, shown: format.number(members) }),
      ...(state === 'active' ? [] : [word(`status.${state}`, state)]),
    ].join(' · ');
  const data = segments.map((each) => ({ value: each.segment, label: label(each) }));
  const silent = segments.filter(
    ({ segment, state, members }) => form.segments.includes(segment) && (state !== 'active' || !members),
  );
  const people = size.data?.people ?? 0;
  return (
    <Section title={t('destination.segments')} text={t('destination.segmentsText')}>
      <MultiSelect
        label={t('destination.chosen')}
        required
        searchable
        data={data}
        value={form.segments}
        onChange={(value) => change({ segments: value })}
      />
      {silent.map(({ segment, name, state }) => (
        <Text key={segment} size="sm">
          ⚠ {t(state === 'active' ? 'destination.emptySegment' : 'destination.silentSegment', { name })}
        </Text>
      ))}
      <MultiSelect
        label={t('destination.exclude')}
        searchable
        data={data.filter(({ value }) => !form.segments.includes(value))}
        value={form.exclude}
        onChange={(value) => change({ exclude: value })}
      />
      {form.segments.length > 0 && size.data !== undefined ? (
        <Text role="status" fw={600}>
          {t('destination.total', {
            count: people,
            shown: format.number(people),
            limit: format.number(form.peopleLimit),
          })}
        </Text>
      ) : null}
      {people > form.peopleLimit ? (
        <Text c="var(--mantine-color-error)">{t('destination.tooMany')}</Text>
      ) : null}
      {size.error === null ? null : <ProblemNote error={size.error} />}
    </Section>
  );
}
