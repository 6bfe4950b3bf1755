import { Button, Group, Modal, Stack } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { ProblemNote } from './states.tsx';

/** Asks once more before something that cannot be taken back lightly. */
export function Confirm({
  title,
  text,
  action,
  danger = false,
  ready = true,
  close,
  onConfirm,
}: {
  title: string;
  text: ReactNode;
  /** What the button says: the deed itself, not "OK". */
  action: string;
  danger?: boolean;
  /** Whether what is asked for in `text` was answered. */
  ready?: boolean;
  close: () => void;
  onConfirm: () => Promise<unknown>;
}) {
  const { t } = useTranslation();
  const { mutate, isPending, error } = useMutation({ mutationFn: onConfirm, onSuccess: close });
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <Stack>
        {text}
        {error === null ? null : <ProblemNote error={error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t('act.back')}
          </Button>
          <Button
            {...(danger ? { color: 'red.9' } : {})}
            loading={isPending}
            disabled={!ready}
            onClick={() => mutate()}
          >
            {action}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
