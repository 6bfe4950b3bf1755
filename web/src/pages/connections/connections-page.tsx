import { Anchor, Button, Menu, Stack, Text } from '@mantine/core';
import { IconEdit, IconPlus, IconTrash } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link, Navigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { Connection } from '../../api/answers.ts';
import { connectionsQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { useFormat } from '../../language/format.ts';
import { DataTable, type DataColumn } from '../../parts/data-table.tsx';
import { MoreMenu } from '../../parts/more-menu.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty } from '../../parts/states.tsx';
import { keptBefore } from './kept-form.ts';
import { RemoveConnection } from './remove-connection.tsx';

/** The accounts that people may be sent to, and who may use them. */
export function ConnectionsPage() {
  const { t } = useTranslation();
  const me = useMe();
  // Mailchimp's sign-in comes back to this address.
  const { signIn, connected, error } = useSearch({ from: '/inside/admin/connections' });
  const query = useQuery({ ...connectionsQuery, enabled: me.can('connections.edit') });
  if (connected !== undefined) {
    return <Navigate to="/admin/connections/$id" params={{ id: connected }} search={{ connected }} replace />;
  }
  const before = error === undefined ? undefined : keptBefore()?.connection;
  if (before !== undefined && error !== undefined) {
    return <Navigate to="/admin/connections/$id" params={{ id: before }} search={{ error }} replace />;
  }
  if (signIn !== undefined || error !== undefined) {
    return (
      <Navigate
        to="/admin/connections/new"
        search={{ ...(signIn === undefined ? {} : { signIn }), ...(error === undefined ? {} : { error }) }}
        replace
      />
    );
  }
  if (!me.can('connections.edit')) {
    return <Empty title={t('frame.connections')} text={t('states.notPermittedText')} />;
  }
  const add = (
    <Button component={Link} to="/admin/connections/new" leftSection={<IconPlus size={18} aria-hidden />}>
      {t('connections.add')}
    </Button>
  );
  return (
    <Stack>
      <PageHead title={t('frame.connections')} text={t('connections.about')} actions={add} />
      <Asked query={query}>
        {(all) =>
          all.length === 0 ? (
            <Empty title={t('connections.none')} text={t('connections.noneText')} action={add} />
          ) : (
            <ConnectionTable connections={all} />
          )
        }
      </Asked>
    </Stack>
  );
}

function ConnectionTable({ connections }: { connections: readonly Connection[] }) {
  const { t } = useTranslation();
  const format = useFormat();
  const columns = useMemo(
    (): DataColumn<Connection>[] => [
      {
        id: 'name',
        head: t('connections.name'),
        sort: ({ name }) => name.toLowerCase(),
        cell: ({ id, name }) => (
          <Anchor component={Link} to={`/admin/connections/${id}`} fw={600}>
            {name}
          </Anchor>
        ),
      },
      { id: 'type', head: t('connections.type'), sort: ({ type }) => type, cell: () => 'Mailchimp' },
      {
        id: 'state',
        head: t('exports.status'),
        sort: ({ connectedBy }) => connectedBy,
        cell: ({ connectedBy }) =>
          t(connectedBy === null ? 'connections.notConnected' : `connections.by.${connectedBy}`),
      },
      {
        id: 'access',
        head: t('connections.access'),
        sort: ({ sharedWith }) => sharedWith.join(' '),
        cell: ({ sharedWith }) =>
          t(sharedWith.includes('contributors') ? 'connections.both' : 'connections.admins'),
      },
      {
        id: 'created',
        head: t('connections.created'),
        sort: ({ createdAt }) => createdAt,
        cell: ({ createdAt, createdBy }) => (
          <Stack gap={0}>
            <Text size="sm">{format.day(createdAt)}</Text>
            <Text size="xs" c="dimmed">
              {createdBy}
            </Text>
          </Stack>
        ),
      },
      {
        id: 'used',
        head: t('connections.used'),
        numeric: true,
        sort: ({ usedBy }) => usedBy.length,
        cell: ({ usedBy }) => format.number(usedBy.length),
      },
      { id: 'more', head: t('exports.more'), width: 80, cell: (each) => <ConnectionMenu of={each} /> },
    ],
    [t, format],
  );
  return (
    <DataTable label={t('frame.connections')} rows={connections} columns={columns} rowId={({ id }) => id} />
  );
}

function ConnectionMenu({ of }: { of: Connection }) {
  const { t } = useTranslation();
  const [removing, setRemoving] = useState(false);
  return (
    <>
      <MoreMenu name={of.name}>
        <Menu.Item
          component={Link}
          to={`/admin/connections/${of.id}`}
          leftSection={<IconEdit size={16} aria-hidden />}
        >
          {t('exports.edit')}
        </Menu.Item>
        <Menu.Item leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setRemoving(true)}>
          {t('exports.remove')}
        </Menu.Item>
      </MoreMenu>
      {removing ? <RemoveConnection of={of} close={() => setRemoving(false)} /> : null}
    </>
  );
}
