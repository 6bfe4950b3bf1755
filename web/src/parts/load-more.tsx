import { Button, Group, Text } from '@mantine/core';
import { useTranslation } from 'react-i18next';
import { useFormat } from '../language/format.ts';

/** The rest of a list, page by page. */
export function LoadMore({
  query,
  shown,
}: {
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => Promise<unknown> };
  shown: number;
}) {
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
