import type { SegmentId } from '../base/ids.ts';
import { stateOf, type SegmentConfig, type SegmentState } from '../segments/segment-config.ts';
import { unlistedCounts } from '../segments/member-list.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { testResults } from '../segments/segment-tests.ts';
import { usageOf, type SegmentUsage } from '../segments/segment-usage.ts';
import { segmentName, segmentOf, type PipelineParts } from './pipeline-parts.ts';

/** A segment as a list of them shows it. */
export interface SegmentOverview {
  segment: SegmentId;
  name: string;
  state: SegmentState;
  type: SegmentConfig['type'];
  tags: string[];
  /** Null: never computed. */
  members: number | null;
  /** When its members were found: ISO 8601, UTC; null as `members`. */
  refreshedAt: string | null;
  /** How its tests ended in the last refresh; `failed` holds their places in the list, from 0. */
  tests: { passed: number; failed: number[] };
  /** Lines of its list that name nobody. */
  unlisted: number;
  usedBy: SegmentUsage;
}

/** Every segment of the workspace, drafts too, in the order of the file. */
export async function segmentOverviews({ engine, settings }: PipelineParts): Promise<SegmentOverview[]> {
  const sizes = new Map((await segmentSizes(engine)).map((size) => [size.segment, size]));
  const tests = Map.groupBy(await testResults(engine), ({ segment }) => segment);
  const unlisted = await unlistedCounts(engine);
  return [...settings.segments].map(([segment, config]) => {
    const size = sizes.get(segment);
    const results = tests.get(segment) ?? [];
    return {
      segment,
      name: segmentName(settings, segment),
      state: stateOf(config),
      type: config.type,
      tags: config.tags ?? [],
      members: size?.members ?? null,
      refreshedAt: size?.refreshedAt ?? null,
      tests: {
        passed: results.filter(({ passed }) => passed).length,
        failed: results.filter(({ passed }) => !passed).map(({ position }) => position),
      },
      unlisted: unlisted.get(segment) ?? 0,
      usedBy: usageOf(segment, settings),
    };
  });
}

/** One of them; an `input` error that suggests one where there is no such segment. */
export async function overviewOf(parts: PipelineParts, segment: string): Promise<SegmentOverview> {
  const id = segmentOf(parts.settings, segment);
  return (await segmentOverviews(parts)).find((each) => each.segment === id) as SegmentOverview;
}
