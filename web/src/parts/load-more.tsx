import { Button, Group, Text } from '@mantine/core';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../language/format.ts';

/** A list whose further pages are asked for one by one. */
interface PagedQuery {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** What a table calls at its end: asks for the next page, once, while there is one. */
export function useMore({ hasNextPage, isFetchingNextPage, fetchNextPage }: PagedQuery): () => void {
  return useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
}

/** The rest of a list, page by page. */
export function LoadMore({ query, shown }: { query: PagedQuery; shown: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Group mt="sm" justify="space-between">
      <Text size="sm" c="dimmed">
        {t('act.shown', { count: shown, shown: format.number(shown) })}
      </Text>
      {query.hasNextPage ? (
        <Button
          variant="default"
          size="xs"
          loading={query.isFetchingNextPage}
          onClick={() => void query.fetchNextPage()}
        >
          {t('act.more')}
        </Button>
      ) : null}
    </Group>
  );
}
