import { ActionIcon, Button, Group, Select } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { audienceQuery, matchingQuery } from '../../api/queries.ts';
import { useFormat } from '../../language/format.ts';
import { Section, type SectionProps } from './destination-section.tsx';
import { fieldWays, type Destination } from './destination.ts';
import classes from './matching-section.module.css';

/** Which attribute is the e-mail address, and which fill the fields of the audience. */
export function MatchingSection({ form, change }: SectionProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const proposed = useQuery(matchingQuery).data;
  const audience = useQuery({
    ...audienceQuery(form.connection ?? '', form.audience.trim()),
    enabled: form.connection !== null && form.audience.trim() !== '',
  }).data;
  const attributes = proposed?.attributes ?? [];
  const names = attributes.map(({ name }) => name);
  const email = attributes.find(({ name }) => name === form.email);
  const taken = new Set(form.attributes.map(({ tag }) => tag));
  const fields = audience?.fields ?? [
    { tag: 'FNAME', name: t('destination.firstName'), type: 'text' },
    { tag: 'LNAME', name: t('destination.lastName'), type: 'text' },
  ];
  const nextField = ['FNAME', 'LNAME', ...fields.map(({ tag }) => tag)].find((tag) => !taken.has(tag)) ?? '';
  const guess: Record<string, string | null | undefined> = {
    FNAME: proposed?.firstName,
    LNAME: proposed?.lastName,
  };
  const set = (index: number, part: Partial<Destination['attributes'][number]>) =>
    change({ attributes: form.attributes.map((each, at) => (at === index ? { ...each, ...part } : each)) });
  const labelOf = (tag: string, name: string, type: string) =>
    tag === 'FNAME'
      ? `${t('destination.firstName')} (FNAME)`
      : tag === 'LNAME'
        ? `${t('destination.lastName')} (LNAME)`
        : `${name} (${tag}, ${type})`;
  return (
    <Section title={t('destination.matching')} text={t('destination.matchingText')}>
      <Select
        label={t('destination.email')}
        required
        searchable
        data={names}
        value={form.email === '' ? null : form.email}
        onChange={(value) => change({ email: value ?? '' })}
        description={
          email === undefined || proposed === undefined || proposed.profiles === 0
            ? undefined
            : t('destination.emailFilled', {
                filled: format.percent(email.filled),
                valid: format.percent(email.valid ?? 0),
              })
        }
      />
      {form.attributes.map(({ tag, from, way }, index) => (
        // By its place: the choice of a field must not make the row, and whoever stands in it, anew.
        <Group key={index} align="flex-end" className={classes.field}>
          <Select
            label={t('destination.field')}
            searchable
            flex={1}
            data={fields
              .filter((each) => each.tag === tag || !taken.has(each.tag))
              .map((each) => ({ value: each.tag, label: labelOf(each.tag, each.name, each.type) }))
              .concat(fields.some((each) => each.tag === tag) ? [] : [{ value: tag, label: tag }])}
            value={tag}
            onChange={(value) => set(index, { tag: value ?? '' })}
          />
          <Select
            label={t('destination.from')}
            searchable
            flex={1}
            data={names.includes(from) || from === '' ? names : [...names, from]}
            value={from === '' ? null : from}
            placeholder={t('destination.choose')}
            onChange={(value) => set(index, { from: value ?? '' })}
          />
          <Select
            label={t('destination.way')}
            flex={1}
            allowDeselect={false}
            data={fieldWays.map((value) => ({ value, label: t(`destination.ways.${value}`) }))}
            value={way}
            onChange={(value) => set(index, { way: value ?? 'overwrite' })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t('destination.removeField', { field: tag })}
            onClick={() => change({ attributes: form.attributes.filter((_, at) => at !== index) })}
          >
            <IconTrash size={18} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          disabled={nextField === ''}
          onClick={() =>
            change({
              attributes: [
                ...form.attributes,
                { tag: nextField, from: guess[nextField] ?? '', way: 'overwrite' },
              ],
            })
          }
        >
          {t('destination.addAttribute')}
        </Button>
      </Group>
    </Section>
  );
}
