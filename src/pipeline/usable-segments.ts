import { inputError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { stateOf, type SegmentConfig } from '../segments/segment-config.ts';
import type { SegmentSize } from '../segments/segment-sizes.ts';
import { segmentOf } from './pipeline-parts.ts';
import type { Settings } from './settings.ts';

type Chosen = Pick<ExportConfig, 'segments' | 'exclude'>;

/**
 * A segment without people that were found for it must not pass for an empty one: who was exported would "leave", or who
 * is to be left out would be sent.
 * @throws `segment_unknown`, `segment_draft`, `segment_not_computed`
 */
export function refuseUnusable(
  settings: Settings,
  sizes: readonly SegmentSize[],
  { segments, exclude }: Chosen,
): void {
  for (const chosen of [...segments, ...exclude]) {
    const id = segmentOf(settings, chosen);
    if (settings.segments.get(id)?.state === 'draft') {
      throw inputError(
        'segment_draft',
        `The segment "${id}" is a draft and has no people.`,
        `Write state: active under segments.${id}, and compute it: postrider refresh --until segments`,
      );
    }
    if (sizes.some(({ segment }) => segment === id)) continue;
    throw inputError(
      'segment_not_computed',
      `The segment "${id}" has not been computed yet.`,
      'Compute it first: postrider refresh --until segments',
    );
  }
}

/** What somebody should know of the segments of an export; of drafts before a plan refuses them. */
export function segmentWarnings(
  configs: ReadonlyMap<SegmentId, SegmentConfig>,
  sizes: readonly SegmentSize[],
  { segments, exclude }: Chosen,
): string[] {
  return [...segments, ...exclude].flatMap((chosen) => {
    const config = configs.get(chosen as SegmentId);
    const state = config === undefined ? 'active' : stateOf(config);
    switch (state) {
      case 'active':
        return [];
      case 'draft':
        return [`The segment ${chosen} is a draft: no plan can be made with it.`];
      case 'inactive': {
        const size = sizes.find(({ segment }) => segment === chosen);
        const since =
          size === undefined ? 'it was never computed' : `its people are those of ${day(size.refreshedAt)}`;
        return [`The segment ${chosen} is inactive: ${since}.`];
      }
      default:
        throw new Error(`no such state: ${String(state satisfies never)}`);
    }
  });
}

const day = (instant: string): string => instant.slice(0, 10);
