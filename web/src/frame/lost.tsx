import { Anchor } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { useTranslation } from 'react-i18next';
import { Empty } from '../parts/states.tsx';

/** An address where there is no page. */
export function Lost() {
  const { t } = useTranslation();
  return (
    <Empty
      title={t('lost.title')}
      text={t('lost.text')}
      action={
        <Anchor component={Link} to="/">
          {t('lost.home')}
        </Anchor>
      }
    />
  );
}
