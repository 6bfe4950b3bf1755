import { TextInput } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { isId } from './id-for.ts';

/** What something new is called by files and the command line, for ever: proposed by its name. */
export function IdInput({ id, onChange }: { id: string; onChange: (id: string) => void }) {
  const { t } = useTranslation();
  return (
    <TextInput
      label={t('act.id')}
      description={t('act.idText')}
      required
      value={id}
      onChange={(event) => onChange(event.currentTarget.value)}
      error={id === '' || isId(id) ? undefined : t('act.idWrong')}
    />
  );
}
