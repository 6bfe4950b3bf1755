import {
  Button,
  Code,
  CopyButton,
  Group,
  Modal,
  MultiSelect,
  Select,
  Stack,
  Text,
  TextInput,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { AnswerTo } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { tokensQuery, usersQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { usePermissionWord } from '../../language/permission-word.ts';
import { useFormat } from '../../language/format.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';

type Token = AnswerTo<'/api/v1/me/tokens'>['items'][number];

/** Keys for programs: named, with what they may do, and an end. */
export function TokensPage() {
  const { t } = useTranslation();
  const me = useMe();
  const [whose, setWhose] = useState<'mine' | 'all'>('mine');
  const [making, setMaking] = useState(false);
  const query = useInfiniteQuery(tokensQuery(whose));
  const more = useMore(query);
  const tokens = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const users = useInfiniteQuery({ ...usersQuery, enabled: whose === 'all' && me.can('users.edit') });
  const owners = useMemo(
    () =>
      whose === 'mine'
        ? undefined
        : new Map(users.data?.pages.flatMap(({ items }) => items.map(({ id, email }) => [id, email]))),
    [whose, users.data],
  );
  const add = (
    <Button leftSection={<IconPlus size={18} aria-hidden />} onClick={() => setMaking(true)}>
      {t('tokens.add')}
    </Button>
  );
  return (
    <Stack>
      <PageHead
        title={t('frame.tokens')}
        text={t('tokens.about')}
        actions={
          <>
            {me.can('tokens.edit') ? (
              <Select
                aria-label={t('tokens.whose')}
                data={(['mine', 'all'] as const).map((value) => ({ value, label: t(`tokens.${value}`) }))}
                value={whose}
                allowDeselect={false}
                onChange={(value) => setWhose(value === 'all' ? 'all' : 'mine')}
                w={160}
              />
            ) : null}
            {add}
          </>
        }
      />
      {making ? <MakeToken close={() => setMaking(false)} /> : null}
      <Asked query={query}>
        {() =>
          tokens.length === 0 ? (
            <Empty title={t('tokens.none')} text={t('tokens.noneText')} />
          ) : (
            <>
              <TokenTable tokens={tokens} owners={owners} more={more} />
              <LoadMore query={query} shown={tokens.length} />
            </>
          )
        }
      </Asked>
    </Stack>
  );
}

function TokenTable({
  tokens,
  owners,
  more,
}: {
  tokens: readonly Token[];
  /** The addresses of users by their ids; absent: all are one's own. */
  owners: ReadonlyMap<string, string> | undefined;
  more: (() => void) | undefined;
}) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = useMemo(
    (): DataColumn<Token>[] => [
      {
        id: 'name',
        head: t('tokens.name'),
        sort: ({ name }) => name.toLowerCase(),
        cell: ({ name }) => name,
      },
      ...(owners === undefined
        ? []
        : [
            {
              id: 'owner',
              head: t('users.user'),
              sort: ({ user }: Token) => owners.get(user) ?? user,
              cell: ({ user }: Token) => owners.get(user) ?? user,
            },
          ]),
      {
        id: 'scopes',
        head: t('tokens.scopes'),
        cell: ({ scopes }) => <Text size="xs">{scopes.join(', ')}</Text>,
      },
      {
        id: 'expires',
        head: t('tokens.expires'),
        sort: ({ expiresAt }) => expiresAt,
        cell: ({ expiresAt, revokedAt }) =>
          revokedAt === undefined
            ? format.day(expiresAt)
            : t('tokens.revoked', { at: format.day(revokedAt) }),
      },
      {
        id: 'used',
        head: t('tokens.used'),
        sort: ({ usedAt }) => usedAt ?? null,
        cell: ({ usedAt }) => <When at={usedAt} />,
      },
      { id: 'more', head: t('exports.more'), cell: (token) => <Revoke token={token} /> },
    ],
    [t, format, owners],
  );
  return (
    <DataTable label={t('frame.tokens')} rows={tokens} columns={columns} rowId={({ id }) => id} more={more} />
  );
}

function Revoke({ token: { id, name, revokedAt } }: { token: Token }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  if (revokedAt !== undefined) return null;
  return (
    <>
      <Button size="xs" variant="default" onClick={() => setAsking(true)}>
        {t('tokens.revoke')}
      </Button>
      {asking ? (
        <Confirm
          title={t('tokens.revokeTitle', { name })}
          text={<Text>{t('tokens.revokeText')}</Text>}
          action={t('tokens.revoke')}
          danger
          close={() => setAsking(false)}
          onConfirm={async () => {
            await answerOf(api.DELETE('/api/v1/tokens/{id}', { params: { path: { id } } }));
            await client.invalidateQueries({ queryKey: ['tokens'] });
          }}
        />
      ) : null}
    </>
  );
}

function MakeToken({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const word = usePermissionWord();
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['look']);
  const [days, setDays] = useState('90');
  const make = useMutation({
    mutationFn: () =>
      answerOf(
        api.POST('/api/v1/me/tokens', {
          body: { name, scopes: scopes as never, expiresInDays: Number(days) },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['tokens'] }),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  return (
    <Modal opened onClose={close} title={t('tokens.add')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      {make.data === undefined ? (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label={t('tokens.name')}
              description={t('tokens.nameAdvice')}
              required
              data-autofocus
              value={name}
              onChange={(event) => setName(event.currentTarget.value)}
            />
            <MultiSelect
              label={t('tokens.scopes')}
              data={me.may.map((value) => ({ value, label: word(value) }))}
              searchable
              required
              value={scopes}
              onChange={setScopes}
            />
            <Select
              label={t('tokens.expiresIn')}
              data={['30', '90', '365'].map((value) => ({
                value,
                label: t('tokens.days', { count: Number(value) }),
              }))}
              value={days}
              allowDeselect={false}
              onChange={(value) => setDays(value ?? '90')}
            />
            {make.error === null ? null : <ProblemNote error={make.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={make.isPending} disabled={scopes.length === 0}>
                {t('tokens.make')}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <Stack>
          <Text size="sm">{t('tokens.once')}</Text>
          <Code block>{make.data.secret}</Code>
          <Group justify="flex-end">
            <CopyButton value={make.data.secret}>
              {({ copied, copy }) => <Button onClick={copy}>{t(copied ? 'act.copied' : 'act.copy')}</Button>}
            </CopyButton>
          </Group>
        </Stack>
      )}
    </Modal>
  );
}
