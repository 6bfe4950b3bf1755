import { Button } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { speak } from '../../language/languages.ts';

/** The other language, in its own words. */
export function LanguageChoice() {
  const { i18n } = useTranslation();
  const other = i18n.language === 'ro' ? 'en' : 'ro';
  return (
    <Button variant="subtle" color="gray" size="compact-md" lang={other} onClick={() => void speak(other)}>
      {other === 'ro' ? 'Română' : 'English'}
    </Button>
  );
}
