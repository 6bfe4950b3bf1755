import { Button, Group, Text } from '@mantine/core';
import { useCallback } from 'react';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../language/format.ts';
import classes from './print.module.css';

/** A list whose further pages are asked for one by one. */
interface PagedQuery {
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => Promise<unknown>;
}

/** What a table calls at its end: asks for the next page, once; undefined where there is none. */
export function useMore({
  hasNextPage,
  isFetchingNextPage,
  fetchNextPage,
}: PagedQuery): (() => void) | undefined {
  const more = useCallback(() => {
    if (!isFetchingNextPage) void fetchNextPage();
  }, [isFetchingNextPage, fetchNextPage]);
  return hasNextPage ? more : undefined;
}

/** The rest of a list, page by page. */
export function LoadMore({ query, shown }: { query: PagedQuery; shown: number }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <Group mt="sm" justify="space-between">
      <Text size="sm" c="dimmed">
        {t(query.hasNextPage ? 'act.shownOfMore' : 'act.shown', {
          count: shown,
          shown: format.number(shown),
        })}
      </Text>
      {query.hasNextPage ? (
        <Button
          className={classes.noPrint}
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
