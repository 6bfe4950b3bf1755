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
import { IconUserPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useMemo, useState, type FormEvent } from 'react';
import { useTranslation } from 'react-i18next';
import type { User } from '../../api/answers.ts';
import { answerOf, api } from '../../api/client.ts';
import { usersQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { usePermissionWord } from '../../language/permission-word.ts';
import { Confirm } from '../../parts/confirm.tsx';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty, ProblemNote } from '../../parts/states.tsx';
import { When } from '../../parts/when.tsx';

const roles = ['viewer', 'contributor', 'administrator', 'owner'] as const;

/** Who may come in, and as what. */
export function UsersPage() {
  const { t } = useTranslation();
  const me = useMe();
  const query = useInfiniteQuery({ ...usersQuery, enabled: me.can('users.edit') });
  const [inviting, setInviting] = useState(false);
  const more = useMore(query);
  const users = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  if (!me.can('users.edit')) return <Empty title={t('frame.users')} text={t('states.notPermittedText')} />;
  return (
    <Stack>
      <PageHead
        title={t('frame.users')}
        text={t('users.about')}
        actions={
          <Button leftSection={<IconUserPlus size={18} aria-hidden />} onClick={() => setInviting(true)}>
            {t('users.add')}
          </Button>
        }
      />
      {inviting ? <Invite close={() => setInviting(false)} /> : null}
      <Asked query={query}>
        {() => (
          <>
            <UserTable users={users} more={more} />
            <LoadMore query={query} shown={users.length} />
          </>
        )}
      </Asked>
    </Stack>
  );
}

function UserTable({ users, more }: { users: readonly User[]; more: (() => void) | undefined }) {
  const { t } = useTranslation();
  const columns = useMemo(
    (): DataColumn<User>[] => [
      {
        id: 'user',
        head: t('users.user'),
        sort: ({ email }) => email,
        cell: ({ name, email }) => (
          <Stack gap={0}>
            <Text size="sm" fw={600}>
              {name === '' ? email : name}
            </Text>
            <Text size="xs" c="dimmed">
              {email}
            </Text>
          </Stack>
        ),
      },
      {
        id: 'role',
        head: t('users.role'),
        sort: ({ role }) => roles.indexOf(role),
        cell: (user) => <RoleChoice user={user} />,
        width: 220,
      },
      {
        id: 'seen',
        head: t('users.seen'),
        sort: ({ lastSeenAt }) => lastSeenAt ?? null,
        cell: ({ lastSeenAt }) => <When at={lastSeenAt} />,
      },
      { id: 'more', head: t('exports.more'), cell: (user) => <UserActions user={user} /> },
    ],
    [t],
  );
  return (
    <DataTable label={t('frame.users')} rows={users} columns={columns} rowId={({ id }) => id} more={more} />
  );
}

function RoleChoice({ user: { id, email, role, etag } }: { user: User }) {
  const { t } = useTranslation();
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (next: User['role']) =>
      answerOf(
        api.PATCH('/api/v1/users/{id}', {
          params: { path: { id } },
          body: { role: next },
          headers: { 'if-match': etag },
        }),
      ),
    onSettled: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
  return (
    <Stack gap={4}>
      <Select
        aria-label={t('users.roleOf', { email })}
        data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
        // What was asked for, for as long as it is; then what is.
        value={change.isPending ? change.variables : role}
        disabled={change.isPending}
        allowDeselect={false}
        onChange={(value) => value !== null && value !== role && change.mutate(value)}
      />
      {change.error === null ? null : <ProblemNote error={change.error} />}
    </Stack>
  );
}

function UserActions({ user }: { user: User }) {
  const { id, email, etag, extra } = user;
  const { t } = useTranslation();
  const me = useMe();
  const client = useQueryClient();
  const [dialog, setDialog] = useState<'remove' | 'reset' | 'extra'>();
  const [link, setLink] = useState<string>();
  return (
    <Group gap="xs" wrap="nowrap">
      <Button size="xs" variant="default" onClick={() => setDialog('extra')}>
        {t('users.permissions')}
        {extra.length === 0 ? '' : ` (+${extra.length})`}
      </Button>
      <Button size="xs" variant="default" onClick={() => setDialog('reset')}>
        {t('users.reset')}
      </Button>
      <Button size="xs" variant="default" disabled={id === me.id} onClick={() => setDialog('remove')}>
        {t('exports.remove')}
      </Button>
      {dialog === 'extra' ? <ExtraPermissions of={user} close={() => setDialog(undefined)} /> : null}
      {dialog === 'remove' ? (
        <Confirm
          title={t('users.removeTitle', { email })}
          text={<Text>{t('users.removeText')}</Text>}
          action={t('exports.remove')}
          danger
          close={() => setDialog(undefined)}
          onConfirm={async () => {
            await answerOf(
              api.DELETE('/api/v1/users/{id}', { params: { path: { id } }, headers: { 'if-match': etag } }),
            );
            await client.invalidateQueries({ queryKey: ['users'] });
          }}
        />
      ) : null}
      {dialog === 'reset' ? (
        <Confirm
          title={t('users.resetTitle', { email })}
          text={<Text>{t('users.resetText')}</Text>}
          action={t('users.reset')}
          close={() => setDialog(undefined)}
          onConfirm={async () => {
            const made = await answerOf(
              api.POST('/api/v1/users/{id}/reset-link', { params: { path: { id } } }),
            );
            setLink(made.link);
          }}
        />
      ) : null}
      {link === undefined ? null : <LinkShown link={link} close={() => setLink(undefined)} />}
    </Group>
  );
}

/** What somebody may do beyond their role, as a privacy officer does who is a viewer otherwise. */
function ExtraPermissions({ of: { id, email, extra, etag }, close }: { of: User; close: () => void }) {
  const { t } = useTranslation();
  const me = useMe();
  const word = usePermissionWord();
  const client = useQueryClient();
  const [chosen, setChosen] = useState<string[]>(extra);
  return (
    <Confirm
      title={t('users.permissionsOf', { email })}
      text={
        <MultiSelect
          label={t('users.beyond')}
          description={t('users.beyondText')}
          searchable
          data={[...new Set([...me.may, ...extra])].map((value) => ({ value, label: word(value) }))}
          value={chosen}
          onChange={setChosen}
        />
      }
      action={t('act.save')}
      close={close}
      onConfirm={async () => {
        const body = { extra: chosen as typeof extra };
        const params = { path: { id } };
        await answerOf(api.PATCH('/api/v1/users/{id}', { params, body, headers: { 'if-match': etag } }));
        await client.invalidateQueries({ queryKey: ['users'] });
      }}
    />
  );
}

/** A link that is shown once. */
function LinkShown({ link, close }: { link: string; close: () => void }) {
  const { t } = useTranslation();
  return (
    <Modal opened onClose={close} title={t('users.link')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      <LinkText link={link} />
    </Modal>
  );
}

function LinkText({ link }: { link: string }) {
  const { t } = useTranslation();
  return (
    <Stack>
      <Text size="sm">{t('users.linkText')}</Text>
      <Code block>{link}</Code>
      <Group justify="flex-end">
        <CopyButton value={link}>
          {({ copied, copy }) => <Button onClick={copy}>{t(copied ? 'act.copied' : 'act.copy')}</Button>}
        </CopyButton>
      </Group>
    </Stack>
  );
}

function Invite({ close }: { close: () => void }) {
  const { t } = useTranslation();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<User['role']>('contributor');
  const invite = useMutation({
    mutationFn: () => answerOf(api.POST('/api/v1/users', { body: { email, role } })),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    invite.mutate();
  };
  return (
    <Modal opened onClose={close} title={t('users.add')} closeButtonProps={{ 'aria-label': t('act.close') }}>
      {invite.data === undefined ? (
        <form onSubmit={submit}>
          <Stack>
            <TextInput
              label={t('door.email')}
              type="email"
              required
              data-autofocus
              value={email}
              onChange={(event) => setEmail(event.currentTarget.value)}
            />
            <Select
              label={t('users.role')}
              description={t(`roleText.${role}`)}
              data={roles.map((value) => ({ value, label: t(`role.${value}`) }))}
              value={role}
              allowDeselect={false}
              onChange={(value) => setRole(value ?? 'viewer')}
            />
            {invite.error === null ? null : <ProblemNote error={invite.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={invite.isPending}>
                {t('users.invite')}
              </Button>
            </Group>
          </Stack>
        </form>
      ) : (
        <LinkText link={invite.data.link} />
      )}
    </Modal>
  );
}
