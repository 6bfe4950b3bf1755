import { Anchor, Autocomplete, Select, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../../api/problem.ts';
import { audienceQuery, loginQuery, pickableConnectionsQuery } from '../../api/queries.ts';
import { useFormat } from '../../language/format.ts';
import { ProblemNote } from '../../parts/states.tsx';
import { Section, type SectionProps } from './destination-section.tsx';

/** With whose sign-in, and to which audience. */
export function ConnectionSection({ form, change }: SectionProps) {
  const { t } = useTranslation();
  const format = useFormat();
  const connections = useQuery(pickableConnectionsQuery).data ?? [];
  const login = useQuery({ ...loginQuery(form.connection ?? ''), enabled: form.connection !== null });
  const [typed] = useDebouncedValue(form.audience.trim(), 400);
  const audience = useQuery({
    ...audienceQuery(form.connection ?? '', typed),
    enabled: form.connection !== null && typed !== '',
  });
  const audiences = login.data?.audiences ?? [];
  const chosen = audiences.find(({ id }) => id === typed);
  const unknown = audience.error !== null && problemOf(audience.error).code === 'audience_unknown';
  return (
    <Section title={t('destination.connection')}>
      <Select
        label={t('destination.connectionFor')}
        required
        searchable
        nothingFoundMessage={t('destination.nothing')}
        data={[
          { group: 'Mailchimp', items: connections.map(({ id, name }) => ({ value: id, label: name })) },
        ]}
        value={form.connection}
        onChange={(connection) => change({ connection })}
      />
      {login.error === null ? null : <ProblemNote error={login.error} again={() => void login.refetch()} />}
      <Autocomplete
        label={t('destination.audience')}
        description={
          <>
            {t('destination.audienceText')}{' '}
            <Anchor
              href="https://mailchimp.com/help/find-audience-id/"
              target="_blank"
              rel="noreferrer"
              size="xs"
              underline="always"
            >
              {t('destination.whereId')}
            </Anchor>
          </>
        }
        required
        data={audiences.map(({ id }) => id)}
        renderOption={({ option }) => {
          const each = audiences.find(({ id }) => id === option.value);
          const contacts = each?.contacts ?? 0;
          return (
            <div>
              <Text size="sm">{each?.name ?? option.value}</Text>
              <Text size="xs" c="dimmed">
                {option.value} ·{' '}
                {t('destination.contacts', { count: contacts, shown: format.number(contacts) })}
              </Text>
            </div>
          );
        }}
        filter={({ options, search }) => {
          const wanted = search.trim().toLowerCase();
          const exact = audiences.some(({ id }) => id === search.trim());
          if (exact) return options;
          return options.filter((option) => {
            const value = 'value' in option ? option.value : '';
            const name = audiences.find(({ id }) => id === value)?.name ?? '';
            return value.toLowerCase().includes(wanted) || name.toLowerCase().includes(wanted);
          });
        }}
        value={form.audience}
        onChange={(value) => change({ audience: value })}
        error={unknown ? t('destination.audienceUnknown') : undefined}
      />
      {audience.data === undefined ? null : (
        <Text size="sm" role="status">
          ✓ {audience.data.name}
          {chosen === undefined
            ? ''
            : ` · ${t('destination.contacts', { count: chosen.contacts, shown: format.number(chosen.contacts) })}`}
          {audience.data.doubleOptIn ? ` · ${t('destination.doubleOptIn')}` : ''}
        </Text>
      )}
      {audience.error !== null && !unknown ? <ProblemNote error={audience.error} /> : null}
    </Section>
  );
}
