import { Button, Group, Text } from '@mantine/core';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../language/format.ts';

/** What can be done with the rows that are chosen; there where some are. */
export function SelectionBar({
  count,
  clear,
  children,
}: {
  count: number;
  clear: () => void;
  children: ReactNode;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  if (count === 0) return null;
  return (
    <Group gap="xs" role="group" aria-label={t('act.withChosen')}>
      <Text size="sm" fw={600}>
        {t('act.chosen', { count, shown: format.number(count) })}
      </Text>
      {children}
      <Button size="xs" variant="subtle" color="gray" onClick={clear}>
        {t('act.chooseNone')}
      </Button>
    </Group>
  );
}
