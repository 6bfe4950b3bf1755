import pc from 'picocolors';
import type { RefreshedSegment } from '../pipeline/refresh-one-segment.ts';
import type { SegmentOverview } from '../pipeline/segment-overview.ts';
import { table } from './present-tables.ts';
import { safeText } from './safe-text.ts';

/** All segments, a line each. */
export function presentSegments(overviews: readonly SegmentOverview[]): string {
  if (overviews.length === 0) return 'The workspace has no segments.';
  return table(
    ['segment', 'name', 'people', 'refreshed', 'state', ''],
    overviews.map((each) => [
      each.segment,
      each.name,
      each.members ?? '-',
      each.refreshedAt === null ? 'never' : minute(each.refreshedAt),
      each.type === 'static' && each.state === 'active' ? 'static' : each.state,
      remark(each),
    ]),
  );
}

/** One segment with everything that is known of it. */
export function presentSegment(overview: SegmentOverview): string {
  const { segment, name, state, type, tags, members, refreshedAt, tests, unlisted, usedBy } = overview;
  const people =
    members === null || refreshedAt === null
      ? 'never computed: postrider refresh --until segments'
      : `${members.toLocaleString('en-US')}, as of ${minute(refreshedAt)}`;
  const checks = tests.passed + tests.failed.length;
  const lines: (readonly [string, string])[] = [
    ['state', `${state}, ${type}`],
    ['people', people],
    ...(tags.length === 0 ? [] : [['tags', tags.join(', ')] as const]),
    ...(checks === 0 ? [] : [['tests', testsText(segment, tests)] as const]),
    ...(unlisted === 0 ? [] : [['list', `${unlisted.toLocaleString('en-US')} lines name nobody`] as const]),
    ['in segments', usedBy.segments.join(', ') || 'none'],
    ['in exports', usedBy.exports.join(', ') || 'none'],
  ];
  return [
    pc.bold(safeText(name)),
    ...lines.map(([topic, text]) => `  ${topic.padEnd(12)} ${safeText(text)}`),
  ].join('\n');
}

/** What a refresh by hand found. */
export function presentRefreshed({ segments, unlistedLines }: RefreshedSegment): string {
  const [first] = segments;
  const unknown = first?.unlisted ?? 0;
  const which = unlistedLines.join(', ') + (unknown > unlistedLines.length ? ', …' : '');
  const note =
    unknown === 0 ? [] : [`  ${pc.yellow('!')} ${unknown} lines of the list name nobody: ${which}`];
  return [presentSegments(segments), ...note].join('\n');
}

function testsText(segment: string, { passed, failed }: SegmentOverview['tests']): string {
  if (failed.length === 0) return `${passed} passed`;
  return `${failed.length} failed (${failed.map((at) => `segments.${segment}.tests[${at}]`).join(', ')}), ${passed} passed`;
}

function remark({ tests, unlisted }: SegmentOverview): string {
  const failed = tests.failed.length;
  return [
    ...(failed === 0 ? [] : [`${failed} ${failed === 1 ? 'test' : 'tests'} failed`]),
    ...(unlisted === 0 ? [] : [`${unlisted} lines name nobody`]),
  ].join(', ');
}

const minute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');
