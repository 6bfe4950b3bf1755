import { Stack, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { peopleQuery } from '../../api/queries.ts';
import { useMe } from '../../frame/session.ts';
import { DataTable } from '../../parts/data-table.tsx';
import { LoadMore, useMore } from '../../parts/load-more.tsx';
import { PageHead } from '../../parts/page-head.tsx';
import { Asked, Empty } from '../../parts/states.tsx';
import { columnsOfPeople } from './people-columns.tsx';

/** Everybody, as unified: one row for each person. */
export function CustomersPage() {
  const { t } = useTranslation();
  const me = useMe();
  const [search, setSearch] = useState('');
  const [settled] = useDebouncedValue(search.trim(), 300);
  const query = useInfiniteQuery({ ...peopleQuery(settled), enabled: me.can('look.people') });
  const people = useMemo(() => query.data?.pages.flatMap(({ items }) => items) ?? [], [query.data]);
  const columns = useMemo(() => columnsOfPeople(people), [people]);
  const more = useMore(query);
  if (!me.can('look.people')) {
    return <Empty title={t('frame.customers')} text={t('states.notPermittedText')} />;
  }
  return (
    <Stack>
      <PageHead title={t('frame.customers')} text={t('customers.about')} />
      <TextInput
        aria-label={t('customers.search')}
        placeholder={t('customers.search')}
        leftSection={<IconSearch size={16} aria-hidden />}
        value={search}
        onChange={(event) => setSearch(event.currentTarget.value)}
        maw={420}
      />
      <Asked query={query}>
        {() =>
          people.length === 0 ? (
            <Empty title={t('customers.none')} text={t('customers.noneText')} />
          ) : (
            <>
              <DataTable
                label={t('frame.customers')}
                rows={people}
                columns={columns}
                rowId={(person) => String(person.customer_id)}
                more={more}
              />
              <LoadMore query={query} shown={people.length} />
            </>
          )
        }
      </Asked>
    </Stack>
  );
}
