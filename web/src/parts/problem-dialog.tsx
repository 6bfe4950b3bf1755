import { Modal } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { ProblemNote } from './states.tsx';

/** What went wrong with something that has no room of its own to say so, as an entry of a menu. */
export function ProblemDialog({ error, close }: { error: Error | null; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal
      opened={error !== null}
      onClose={close}
      title={t('states.problem')}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      {/* While it fades out there is no problem any more. */}
      {error === null ? null : <ProblemNote error={error} />}
    </Modal>
  );
}
