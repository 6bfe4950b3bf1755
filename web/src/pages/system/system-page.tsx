import { Stack, Tabs } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useMe } from '../../frame/session.ts';
import { PageHead } from '../../parts/page-head.tsx';
import { Alerts } from './alerts.tsx';
import { Limits } from './limits.tsx';
import { Schedule } from './schedule.tsx';
import { Work } from './work.tsx';

/** What runs, what will run by itself, and whom to tell when it does not. */
export function SystemPage() {
  const { t } = useTranslation();
  const me = useMe();
  return (
    <Stack>
      <PageHead title={t('frame.system')} text={t('system.about')} />
      <Tabs defaultValue="status" keepMounted={false}>
        <Tabs.List>
          <Tabs.Tab value="status">{t('system.status')}</Tabs.Tab>
          <Tabs.Tab value="schedule">{t('system.schedule')}</Tabs.Tab>
          <Tabs.Tab value="limits">{t('system.limits')}</Tabs.Tab>
          {me.can('schedule.edit') ? <Tabs.Tab value="alerts">{t('system.alerts')}</Tabs.Tab> : null}
        </Tabs.List>
        <Tabs.Panel value="status" pt="lg">
          <Work />
        </Tabs.Panel>
        <Tabs.Panel value="schedule" pt="lg">
          <Schedule />
        </Tabs.Panel>
        <Tabs.Panel value="limits" pt="lg">
          <Limits />
        </Tabs.Panel>
        {me.can('schedule.edit') ? (
          <Tabs.Panel value="alerts" pt="lg">
            <Alerts />
          </Tabs.Panel>
        ) : null}
      </Tabs>
    </Stack>
  );
}
