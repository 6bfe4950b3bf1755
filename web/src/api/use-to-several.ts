import { useQueryClient } from '@tanstack/react-query';
import { useTranslation } from 'react-i18next';
import { doToSeveral } from './do-to-several.ts';

/**
 * Does one thing to each of several rows, and shows how they are then, whatever became of some.
 * @param lists the first words of the query keys whose answers may be others afterwards
 * @returns what does it; it throws as `doToSeveral` does, in the reader's language
 */
export function useToSeveral<Row extends { name: string }>(rows: readonly Row[], ...lists: string[]) {
  const { t } = useTranslation();
  const client = useQueryClient();
  return async (deed: (row: Row) => Promise<unknown>): Promise<void> => {
    try {
      await doToSeveral(
        rows,
        ({ name }) => name,
        deed,
        (count) => t('act.someFailed', { count }),
      );
    } finally {
      for (const list of lists) await client.invalidateQueries({ queryKey: [list] });
    }
  };
}
