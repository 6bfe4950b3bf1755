import { Radio, Stack, Text } from '@mantine/core';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ListedExport } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { useToSeveral } from '../../api/use-to-several.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { TimesInput } from '../../parts/times-input.tsx';
import { freshTimes, hasTimes, type Times } from '../../parts/times.ts';
import { scheduleSettings, type Destination } from './destination.ts';

/** When several exports run by themselves: the same for all of them, or each as it is. */
export function ScheduleExports({ of, close }: { of: readonly ListedExport[]; close: () => void }) {
  const { t } = useTranslation();
  const toAll = useToSeveral(of, 'exports');
  const [way, setWay] = useState<Destination['schedule'] | 'each'>('each');
  const [times, setTimes] = useState<Times>(freshTimes);
  return (
    <Confirm
      title={t('exports.scheduleTitle', { count: of.length })}
      text={
        <Stack>
          <Text size="sm">{of.map(({ name }) => name).join(', ')}</Text>
          <Radio.Group aria-label={t('exports.schedule')} value={way} onChange={setWay}>
            <Stack gap="xs">
              <Radio value="each" label={t('exports.scheduleEach')} />
              {(['refresh', 'off', 'own'] as const).map((each) => (
                <Radio key={each} value={each} label={t(`exports.schedules.${each}`)} />
              ))}
            </Stack>
          </Radio.Group>
          {way === 'own' ? <TimesInput value={times} onChange={setTimes} /> : null}
        </Stack>
      }
      action={t('act.save')}
      ready={way !== 'each' && (way !== 'own' || hasTimes(times))}
      close={close}
      onConfirm={async () => {
        if (way === 'each') return;
        const schedule = scheduleSettings({ schedule: way, times });
        await toAll(async ({ id }) => {
          const params = { path: { id } };
          const now = await answerOf(api.GET('/api/v1/exports/{id}/settings', { params }));
          const body = { ...now.settings, schedule } as never;
          const headers = { 'if-match': now.etag };
          await answerOf(api.PUT('/api/v1/exports/{id}/settings', { params, body, headers }));
        });
      }}
    />
  );
}
