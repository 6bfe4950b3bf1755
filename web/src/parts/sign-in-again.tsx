import { Button, Group, Modal, PasswordInput, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../api/client.ts';
import { useMe } from '../frame/session.ts';
import { ProblemNote } from './states.tsx';

/** Asks for the password once more, before something is done in one's own name. */
export function SignInAgain({ close, done }: { close: () => void; done: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const [password, setPassword] = useState('');
  const again = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/sign-in/again', { body: { password } })),
    onSuccess: done,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The form of the page below must not take this for its own.
    event.stopPropagation();
    again.mutate();
  };
  const back = window.location.pathname + window.location.search;
  return (
    <Modal
      opened
      onClose={close}
      title={t('again.title')}
      closeButtonProps={{ 'aria-label': t('act.close') }}
    >
      <Stack>
        <Text size="sm">{t('again.text', { user: me.email })}</Text>
        {me.hasPassword ? (
          <form onSubmit={submit}>
            <Stack>
              <PasswordInput
                label={t('door.password')}
                autoComplete="current-password"
                required
                data-autofocus
                value={password}
                onChange={(event) => setPassword(event.currentTarget.value)}
                visibilityToggleButtonProps={{ 'aria-label': t('door.show') }}
              />
              {again.error === null ? null : <ProblemNote error={again.error} />}
              <Group justify="flex-end">
                <Button type="submit" loading={again.isPending}>
                  {t('again.act')}
                </Button>
              </Group>
            </Stack>
          </form>
        ) : (
          <Button
            component="a"
            href={`/api/v1/sign-in/service?${new URLSearchParams({ returnTo: back }).toString()}`}
          >
            {t('door.service')}
          </Button>
        )}
      </Stack>
    </Modal>
  );
}
