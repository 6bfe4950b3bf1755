import { Group, NumberInput, Radio, Select, Stack } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { matchingQuery } from '../../api/queries.ts';
import { TimesInput } from '../../parts/times-input.tsx';
import { Section, type SectionProps } from './destination-section.tsx';

/** How new contacts come in, what becomes of those who leave, when it runs, and the brakes. */
export function ChoicesSection({ form, change }: SectionProps) {
  const { t } = useTranslation();
  const attributes = useQuery(matchingQuery).data?.attributes.map(({ name }) => name) ?? [];
  return (
    <Section title={t('destination.choices')}>
      <Radio.Group
        label={t('destination.newContacts')}
        value={form.newContacts}
        onChange={(value) => change({ newContacts: value })}
      >
        <Stack gap="xs" mt="xs">
          {(['subscribed', 'pending', 'transactional'] as const).map((value) => (
            <Radio key={value} value={value} label={t(`destination.new.${value}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Select
        label={t('destination.consent')}
        description={t('destination.consentText')}
        clearable
        searchable
        data={attributes}
        value={form.consentField}
        onChange={(value) => change({ consentField: value })}
      />
      <Radio.Group
        label={t('destination.leavers')}
        value={form.leavers}
        onChange={(value) => change({ leavers: value })}
      >
        <Stack gap="xs" mt="xs">
          {(['untag', 'archive', 'keep'] as const).map((value) => (
            <Radio key={value} value={value} label={t(`destination.leave.${value}`)} />
          ))}
        </Stack>
      </Radio.Group>
      <Radio.Group
        label={t('exports.schedule')}
        value={form.schedule}
        onChange={(value) => change({ schedule: value })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="refresh" label={t('exports.schedules.refresh')} />
          <Radio value="off" label={t('exports.schedules.off')} />
          <Radio value="own" label={t('exports.schedules.own')} />
        </Stack>
      </Radio.Group>
      {form.schedule === 'own' ? (
        <TimesInput value={form.times} onChange={(times) => change({ times })} />
      ) : null}
      <Group grow align="flex-start">
        <NumberInput
          label={t('destination.leaversLimit')}
          description={t('destination.leaversLimitText')}
          suffix=" %"
          min={0}
          max={100}
          value={form.leaversLimit}
          onChange={(value) => change({ leaversLimit: typeof value === 'number' ? value : '' })}
        />
        <NumberInput
          label={t('destination.contract')}
          description={t('destination.contractText')}
          min={1}
          thousandSeparator=" "
          value={form.contract}
          onChange={(value) => change({ contract: typeof value === 'number' ? value : '' })}
        />
      </Group>
    </Section>
  );
}
