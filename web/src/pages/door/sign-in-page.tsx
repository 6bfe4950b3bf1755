import { Button, Divider, PasswordInput, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import { answerOf, api } from '../../api/client.ts';
import { ApiProblem } from '../../api/problem.ts';
import { signInWaysQuery } from '../../api/queries.ts';
import { useWord } from '../../language/use-word.ts';
import { Empty, ProblemNote } from '../../parts/states.tsx';
import { Door } from './door.tsx';

/** Who are you? By password, by the company's sign-in service, or both. */
export function SignInPage() {
  const { t } = useTranslation();
  const word = useWord();
  const { returnTo, error } = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const client = useQueryClient();
  const ways = useQuery(signInWaysQuery).data;
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/sign-in', { body: { email, password } })),
    onSuccess: async () => {
      client.clear();
      await navigate({ href: pathWithin(returnTo) });
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  const refused =
    error === undefined
      ? undefined
      : new ApiProblem({
          status: 0,
          kind: 'forbidden',
          code: error,
          detail: word(`door.errors.${error}`, t('door.errors.other')),
        });

  if (ways?.firstStart === true) {
    return (
      <Door title={t('door.firstTitle')}>
        <Empty title={t('door.firstQuestion')} text={t('door.firstText')} />
      </Door>
    );
  }
  return (
    <Door title={t('door.signIn')}>
      {refused === undefined ? null : <ProblemNote error={refused} />}
      {signIn.error === null ? null : <ProblemNote error={signIn.error} />}
      {ways?.service === true ? (
        <Button
          component="a"
          href={`/api/v1/sign-in/service?${new URLSearchParams({ returnTo: pathWithin(returnTo) }).toString()}`}
        >
          {t('door.service')}
        </Button>
      ) : null}
      {ways?.service === true && ways.password ? <Divider label={t('door.or')} /> : null}
      {ways?.password === false ? null : (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label={t('door.email')}
              type="email"
              autoComplete="username"
              required
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <PasswordInput
              label={t('door.password')}
              autoComplete="current-password"
              required
              value={password}
              onChange={(event) => setPassword(event.currentTarget.value)}
              visibilityToggleButtonProps={{ 'aria-label': t('door.show') }}
            />
            <Button type="submit" loading={signIn.isPending}>
              {t('door.signIn')}
            </Button>
          </Stack>
        </form>
      )}
    </Door>
  );
}

/** A place of ours and never of somebody else, whatever a link says. */
function pathWithin(path: string | undefined): string {
  return path !== undefined && /^\/(?![/\\])/.test(path) ? path : '/';
}
