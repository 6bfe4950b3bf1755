import type { Command } from 'commander';
import pc from 'picocolors';
import type { RefreshedSegment } from '../pipeline/refresh-one-segment.ts';
import type { SegmentOverview } from '../pipeline/segment-overview.ts';
import { printMembers } from './print-members.ts';
import { table } from './present-tables.ts';
import { safeText } from './safe-text.ts';
import { addSegmentsWhyCommand } from './segments-why-command.ts';
import type { Shell } from './shell.ts';

/** `postrider segments …`: what there is, who is in it, and its life. */
export function addSegmentsCommand(program: Command, shell: Shell): Command {
  const show = (value: unknown, text: () => string) =>
    shell.print(shell.json ? JSON.stringify(value) : text());
  const segments = program
    .command('segments')
    .argument('[name]', 'the id of one segment')
    .description('the segments: how many people, in which state, and who uses them')
    .action(async (name: string | undefined) => {
      const app = await shell.app();
      const overviews = name === undefined ? await app.segments() : [await app.segment(name)];
      show({ segments: overviews }, () =>
        name === undefined ? presentSegments(overviews) : overviews.map(presentSegment).join('\n'),
      );
    });
  segments
    .command('members <name>')
    .description('the people of a segment')
    .option('--csv', 'as CSV, safe to open in a spreadsheet')
    .action(async (name: string, options: { csv?: boolean }) => {
      if (options.csv !== true && !shell.json)
        shell.say('(as CSV; say --csv or --json to have no such line)');
      await printMembers(shell, await (await shell.app()).segmentMembers(name));
    });
  segments
    .command('refresh <name>')
    .description('find the people of one segment anew, a static one too, and of those that depend on it')
    .action(async (name: string) => {
      const refreshed = await (await shell.app()).refreshSegment(name);
      show(refreshed, () => presentRefreshed(refreshed));
    });
  segments
    .command('freeze <name>')
    .description('find the people of a segment now, and keep them until it is refreshed by hand')
    .action(async (name: string) => {
      const refreshed = await (await shell.app()).freezeSegment(name);
      show(refreshed, () => presentRefreshed(refreshed));
      shell.say(`Write type: static under segments.${name} too: the next apply goes by the file.`);
    });
  segments
    .command('remove <name>')
    .description('take a segment out of the workspace; refused while somebody uses it')
    .option('--force', 'although it is in use')
    .action(async (name: string, options: { force?: boolean }) => {
      await (await shell.app()).removeSegment(name, { force: options.force === true });
      show({ removed: name }, () => `The segment ${name} is removed. Take it out of the file as well.`);
    });
  addSegmentsWhyCommand(segments, shell);
  return segments;
}

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

function presentRefreshed({ segments, unlistedLines }: RefreshedSegment): string {
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
