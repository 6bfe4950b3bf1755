import { mostTold, type LargeBlock } from './link-records.ts';
import type { LargeGroup } from './settle-links.ts';
import type { UnifyPlan, UnifyWarning } from './unify-plan.ts';

/** What went on without a part of the work, one warning a rule; the values themselves stand in the result only. */
export function warningsOf(
  { maxBlock, maxGroup }: Pick<UnifyPlan, 'maxBlock' | 'maxGroup'>,
  found: { largeBlocks: readonly LargeBlock[]; largeGroups: readonly LargeGroup[] },
): UnifyWarning[] {
  const blocks = [...Map.groupBy(found.largeBlocks, ({ rule }) => rule)].map(
    ([rule, large]): UnifyWarning => ({
      code: 'large_blocks',
      message: `"${rule}": ${counted(large)} values that too many records share (up to ${largest(large)}, allowed are ${maxBlock}): these records were not compared. Name the values under "bypass", or add an exact field.`,
    }),
  );
  const groups = [...Map.groupBy(found.largeGroups, ({ rule }) => rule)].map(
    ([rule, large]): UnifyWarning => ({
      code: 'large_groups',
      message: `"${rule}": ${counted(large)} groups of more than ${maxGroup} records (up to ${largest(large)}) were not joined. Allow them by their ids: ${large
        .slice(0, 5)
        .map(({ id }) => id)
        .join(', ')}${large.length > 5 ? ', …' : ''}`,
    }),
  );
  return [...blocks, ...groups];
}

function largest(entries: readonly { records: number }[]): number {
  return entries.reduce((most, { records }) => Math.max(most, records), 0);
}

function counted(entries: readonly unknown[]): string {
  return entries.length === mostTold ? `${mostTold} or more` : String(entries.length);
}
