import type { Command } from 'commander';
import type { FieldOverview } from '../segments/quick-segment.ts';
import type { MemberChange, TrendPoint } from '../segments/segment-changes.ts';
import type { OverlapPart } from '../segments/segment-overlap.ts';
import { presentSegment } from './present-segments.ts';
import { table } from './present-tables.ts';
import { refuseTogether } from './refuse-together.ts';
import { safeText } from './safe-text.ts';
import type { Shell } from './shell.ts';
import { wholeNumber } from './whole-number.ts';

const n = (value: number): string => value.toLocaleString('en-US');
const minute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');

/** `postrider segments trend | changes | overlap`: how segments grow, and what they have in common. */
export function addSegmentsPeopleCommands(segments: Command, shell: Shell): void {
  segments
    .command('trend <name>')
    .description('how many people it had after each refresh, and how many entered and left')
    .option('--limit <number>', 'refreshes, the newest ones', wholeNumber, 30)
    .action(async (name: string, { limit }: { limit: number }) => {
      const trend = await (await shell.app()).segmentTrend(name, { limit });
      shell.show({ segment: name, trend }, () => presentTrend(trend));
    });
  segments
    .command('changes <name>')
    .description('who entered and left in the last 90 days, the newest first')
    .option('--limit <number>', 'how many', wholeNumber, 50)
    .option('--offset <number>', 'how many to pass over', wholeNumber, 0)
    .action(async (name: string, page: { limit: number; offset: number }) => {
      const changes = await (await shell.app()).memberChanges(name, page);
      shell.show({ segment: name, changes }, () => presentChanges(changes));
    });
  segments
    .command('overlap <names...>')
    .description('how many people two to five segments have in common')
    .action(async (names: string[]) => {
      const overlap = await (await shell.app()).segmentOverlap(names);
      shell.show({ overlap }, () => presentOverlap(overlap));
    });
}

/** `postrider segments quick | duplicate | rename | tag`: segments made and changed without the file. */
export function addSegmentsEditCommands(segments: Command, shell: Shell): void {
  const fileGoesFirst = () =>
    shell.say(
      'Take it over into the workspace file (postrider dump shows it): the next apply goes by the file.',
    );
  segments
    .command('quick <field>')
    .description('what stands in an attribute; with --value and --save, a segment of it')
    .option('--value <value>', 'one value; >= or <= may stand before a number or a day')
    .option('--save <id>', 'the id of the new segment')
    .action(async (field: string, { value, save }: { value?: string; save?: string }) => {
      refuseTogether((value === undefined) !== (save === undefined), '--value and --save go together.');
      const app = await shell.app();
      if (value === undefined || save === undefined) {
        const overview = await app.fieldOverview(field);
        shell.show(overview, () => presentField(overview));
        return;
      }
      const made = await app.quickSegment(save, field, value);
      shell.show(made, () => presentSegment(made));
      fileGoesFirst();
    });
  segments
    .command('duplicate <name> <id>')
    .description('a new segment with the rules of another one, as a draft')
    .action(async (name: string, id: string) => {
      const made = await (await shell.app()).duplicateSegment(name, id);
      shell.show(made, () => presentSegment(made));
      fileGoesFirst();
    });
  segments
    .command('rename <name> <title>')
    .description('what people see; its tag in Mailchimp is renamed with the next run')
    .action(async (name: string, newName: string) => {
      const changed = await (await shell.app()).changeSegment(name, { name: newName });
      shell.show(changed, () => presentSegment(changed));
      fileGoesFirst();
    });
  segments
    .command('tag <name> [tags...]')
    .description('the words to find it by, in place of those it has')
    .action(async (name: string, tags: string[]) => {
      const changed = await (await shell.app()).changeSegment(name, { tags });
      shell.show(changed, () => presentSegment(changed));
      fileGoesFirst();
    });
}

function presentTrend(trend: readonly TrendPoint[]): string {
  if (trend.length === 0) return 'It has not been computed yet: postrider refresh --until segments';
  return table(
    ['refreshed', 'people', 'entered', 'left'],
    trend.map(({ refreshedAt, members, entered, left }) => [minute(refreshedAt), members, entered, left]),
  );
}

function presentChanges(changes: readonly MemberChange[]): string {
  if (changes.length === 0) return 'Nobody entered or left.';
  return table(
    ['when', '', 'person'],
    changes.map(({ at, change, customerId }) => [minute(at), change, customerId]),
  );
}

function presentOverlap(parts: readonly OverlapPart[]): string {
  if (parts.length === 0) return 'Nobody is in any of them.';
  return table(
    ['people', 'in exactly'],
    parts.map(({ segments, people }) => [people, segments.join(' + ')]),
  );
}

function presentField({ field, type, top, percentiles, distinct, missing }: FieldOverview): string {
  const rows: readonly (readonly [string, string])[] =
    percentiles.length > 0
      ? percentiles.map(({ share, value }) => [`${Math.round(share * 100)} %`, String(value ?? '-')])
      : top.map(({ value, people }) => [String(value), n(people)]);
  const head = percentiles.length > 0 ? ['of the people at most', field] : [field, 'people'];
  return [
    safeText(`${field}: ${type}, ${n(distinct)} different values, ${n(missing)} people without`),
    ...(rows.length === 0 ? [] : [table(head, rows)]),
  ].join('\n');
}
