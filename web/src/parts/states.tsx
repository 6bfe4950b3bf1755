import { Alert, Button, Code, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconLock } from '@tabler/icons-react';
import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { useTranslation } from 'react-i18next';
import { problemOf } from '../api/problem.ts';

/** What went wrong, with what would help and the code to look it up by. */
export function ProblemNote({ error, again }: { error: unknown; again?: (() => void) | undefined }) {
  const { t } = useTranslation();
  const { code, detail, hint, problems, kind, status } = problemOf(error);
  const forbidden = kind === 'forbidden';
  if (code === 'sign_in_needed') return <SignedOut />;
  const said =
    code === 'no_answer'
      ? t('states.noAnswer')
      : code === 'refused_on_the_way'
        ? t('states.onTheWay', { status })
        : detail;
  return (
    <Alert
      role="alert"
      color={forbidden ? 'gray' : 'red'}
      variant="light"
      icon={forbidden ? <IconLock aria-hidden /> : <IconAlertTriangle aria-hidden />}
      title={forbidden ? t('states.notPermitted') : t('states.problem')}
    >
      <Stack gap="xs">
        <Text size="sm">{said}</Text>
        {problems?.map((each) => (
          <Text size="sm" key={`${each.path ?? ''} ${each.message}`}>
            {each.path === undefined ? null : <Code>{each.path}</Code>} {each.message} {each.hint}
          </Text>
        ))}
        {hint === undefined ? null : <Text size="sm">{hint}</Text>}
        <Group justify="space-between">
          <Code>{code}</Code>
          {again === undefined ? null : (
            <Button size="xs" variant="default" onClick={again}>
              {t('states.again')}
            </Button>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

/** The session ended while the page was open: the way back in, and from there to this page. */
function SignedOut() {
  const { t } = useTranslation();
  const returnTo = window.location.pathname + window.location.search;
  return (
    <Alert
      role="alert"
      color="gray"
      variant="light"
      icon={<IconLock aria-hidden />}
      title={t('states.signedOut')}
    >
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{t('states.signedOutText')}</Text>
        {/* A new page, so that nothing of the session that ended stays in the memory of this one. */}
        <Button component="a" size="xs" href={`/sign-in?${new URLSearchParams({ returnTo }).toString()}`}>
          {t('door.signIn')}
        </Button>
      </Stack>
    </Alert>
  );
}

/** Nothing is there yet, why that is so, and what to do. */
export function Empty({ title, text, action }: { title: string; text: string; action?: ReactNode }) {
  return (
    <Stack align="center" gap="xs" py="xl" px="md">
      <Title order={2} ta="center">
        {title}
      </Title>
      <Text c="dimmed" maw={520} ta="center">
        {text}
      </Text>
      {action}
    </Stack>
  );
}

/** Bars where text will be, as high as it will be, so that nothing jumps. */
export function Waiting({ lines = 6 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <Stack gap="sm" aria-busy="true" aria-label={t('states.loading')} role="status">
      {Array.from({ length: lines }, (_, line) => (
        <Skeleton key={line} height={36} />
      ))}
    </Stack>
  );
}

/** A question to the server in each of its states. */
export function Asked<Data>({
  query,
  lines,
  children,
}: {
  query: UseQueryResult<Data>;
  lines?: number;
  children: (data: Data) => ReactNode;
}) {
  if (query.data !== undefined) return children(query.data);
  if (query.error !== null) return <ProblemNote error={query.error} again={() => void query.refetch()} />;
  return <Waiting {...(lines === undefined ? {} : { lines })} />;
}
