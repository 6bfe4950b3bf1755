import { Option, type Command } from 'commander';
import pc from 'picocolors';
import type { SegmentAnswer } from '../pipeline/why-in-segment.ts';
import type { ExplainedRule, Found } from '../segments/explain-people.ts';
import { safeText, safeValue } from './safe-text.ts';
import { exitCodes } from './exit-codes.ts';
import type { Shell } from './shell.ts';

/** `postrider segments why NAME ADDRESS`: rule by rule, whether it holds and what stands there. */
export function addSegmentsWhyCommand(segments: Command, shell: Shell): void {
  segments
    .command('why <name> <address>')
    .description('why somebody is in a segment, or is not, rule by rule')
    .addOption(new Option('--language <language>', 'of the rules').choices(['en', 'ro']).default('en'))
    .action(async (name: string, address: string, options: { language: 'en' | 'ro' }) => {
      const answers = await (await shell.app()).whyInSegment(name, address, options.language);
      shell.print(
        shell.json
          ? JSON.stringify({ people: answers })
          : answers.map(presentAnswer).join('\n\n') || 'Nobody has this address.',
      );
      if (answers.length === 0) shell.exitCode = exitCodes.failed;
    });
}

/** One person and one segment; each rule on a line, those of a group below it. */
export function presentAnswer({ customerId, name, holds, member, heldOut, rules }: SegmentAnswer): string {
  const segment = safeText(name);
  const head = `${pc.bold(customerId)} ${holds ? 'fits' : 'does not fit'} ${pc.bold(segment)}`;
  const changed =
    holds === member ? '' : pc.dim(` (${member ? 'was in it' : 'was not in it'} when it was last computed)`);
  const held = heldOut ? pc.yellow(' (held out)') : '';
  return [`${head}${held}${heldOut ? '' : changed}`, ...rules.flatMap((rule) => presentRule(rule, 1))].join(
    '\n',
  );
}

function presentRule({ text, holds, found, rules = [] }: ExplainedRule, depth: number): string[] {
  const mark = holds ? pc.green('✓') : pc.red('✗');
  const value = found === undefined ? '' : `  ${pc.dim(presentFound(found))}`;
  const line = `${'  '.repeat(depth)}${mark} ${safeText(text)}${value}`;
  return [line, ...rules.flatMap((rule) => presentRule(rule, depth + 1))];
}

function presentFound(found: Found): string {
  switch (found.kind) {
    case 'value':
      return found.other === undefined
        ? presentCell(found.value)
        : `${presentCell(found.value)} and ${presentCell(found.other)}`;
    case 'rows':
      return `${found.fitting} of ${found.rows}`;
    case 'made':
      return presentCell(found.value);
    case 'segments':
      return found.segments.length === 0 ? 'in none of these' : `in ${found.segments.join(', ')}`;
    default:
      throw new Error(`nothing such was found: ${JSON.stringify(found satisfies never)}`);
  }
}

function presentCell(value: Parameters<typeof safeValue>[0]): string {
  return value === null ? 'no value' : safeValue(value);
}
