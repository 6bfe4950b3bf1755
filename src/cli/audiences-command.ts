import type { Command } from 'commander';
import pc from 'picocolors';
import type { AudienceOverview } from '../exports/audience-overview.ts';
import { safeText } from './safe-text.ts';
import type { Shell } from './shell.ts';

export function addAudiencesCommand(program: Command, shell: Shell): void {
  program
    .command('audiences')
    .description('what is known of each audience: contacts by status, ours, who left; asks nobody')
    .action(async () => {
      const audiences = await (await shell.app()).audiences();
      if (shell.json) shell.print(JSON.stringify({ audiences }));
      else shell.print(audiences.map(presentAudience).join('\n\n') || 'No audience has been read yet.');
    });
}

function presentAudience(overview: AudienceOverview): string {
  const n = (value: number) => value.toLocaleString('en-US');
  const members = Object.entries(overview.members).map(([status, people]) => `${n(people)} ${status}`);
  const lines: [string, string][] = [
    ['contacts', members.join(', ') || 'none'],
    ['ours', n(overview.ours)],
    [
      'left',
      overview.lastRun === null
        ? 'no run yet'
        : `${n(overview.leftSinceLastRun)} since the run of ${minuteOf(overview.lastRun)}`,
    ],
    ['read', `${minuteOf(overview.lastRead)}, whole ${minuteOf(overview.lastFullRead)}`],
    ...(overview.calls === 0 ? [] : [['calls', `${n(overview.calls)} since that read`] as [string, string]]),
  ];
  return [
    `${pc.bold(safeText(overview.name ?? overview.audience))}  ${pc.dim(`${overview.audience}, connection ${overview.connection}`)}`,
    ...lines.map(([what, says]) => `  ${what.padEnd(9)} ${says}`),
  ].join('\n');
}

function minuteOf(time: string | null): string {
  return time === null ? 'never' : time.slice(0, 16).replace('T', ' ');
}
