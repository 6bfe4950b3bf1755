import { Button, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { Asked, ProblemNote } from '../../parts/states.tsx';
import { Door } from './door.tsx';

/**
 * Where a link leads that somebody was given: to become the owner, to join, or to choose another password. Its secret
 * stands behind the `#`, which browsers keep to themselves.
 */
export function LinkPage() {
  const { t } = useTranslation();
  const secret = window.location.hash.slice(1);
  const link = useQuery({
    queryKey: ['link', secret],
    queryFn: () => answerOf(api.POST('/api/v1/links/read', { body: { secret } })),
    retry: false,
    staleTime: Infinity,
  });
  const purpose = link.data?.purpose ?? 'invitation';
  return (
    <Door title={t(`door.${purpose}.title`)} text={t(`door.${purpose}.text`)}>
      <Asked query={link} lines={3}>
        {({ email }) => <LinkForm secret={secret} purpose={purpose} given={email} />}
      </Asked>
    </Door>
  );
}

function LinkForm({
  secret,
  purpose,
  given,
}: {
  secret: string;
  purpose: 'owner' | 'invitation' | 'reset';
  given: string | undefined;
}) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const use = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/links/use', {
          body: {
            secret,
            password,
            ...(given === undefined ? { email } : {}),
            ...(purpose === 'reset' ? {} : { name }),
          },
        }),
      ),
    onSuccess: async () => {
      client.clear();
      await navigate({ to: '/' });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    use.mutate();
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput
          label={t('door.email')}
          type="email"
          autoComplete="username"
          required
          readOnly={given !== undefined}
          value={given ?? email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        {purpose === 'reset' ? null : (
          <TextInput
            label={t('door.name')}
            autoComplete="name"
            required
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        <PasswordInput
          label={t('door.newPassword')}
          description={t('door.passwordAdvice')}
          autoComplete="new-password"
          required
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          visibilityToggleButtonProps={{ 'aria-label': t('door.show') }}
        />
        {use.error === null ? null : <ProblemNote error={use.error} />}
        <Button type="submit" loading={use.isPending}>
          {t(`door.${purpose}.act`)}
        </Button>
      </Stack>
    </form>
  );
}
