import type { Command } from 'commander';
import type { RemovedExport } from '../app/export-actions.ts';
import { inputError } from '../base/errors.ts';
import { howFarText } from './cancel-command.ts';
import { exitCodes } from './exit-codes.ts';
import { runDocument } from './present-run.ts';
import { safeText } from './safe-text.ts';
import type { Shell } from './shell.ts';
import { stopWork } from './stop-work.ts';

/** `postrider remove EXPORT` (promise 9). */
export function addRemoveCommand(program: Command, shell: Shell): void {
  program
    .command('remove <export>')
    .description('remove an export: what it is sending is cancelled, nothing is sent any more, contacts stay')
    .option('--withdraw-tags', 'first take our tags from everybody the export gave them to')
    .option('--yes', 'needed: there is no way back but to apply the file again')
    .action(async (id: string, options: { withdrawTags?: boolean; yes?: boolean }) => {
      if (options.yes !== true) {
        throw inputError(
          'remove_unconfirmed',
          `Removing "${id}" ends it for good; its contacts stay in the audience${options.withdrawTags ? ' and lose our tags' : ', with our tags'}.`,
          'Say --yes to do it.',
        );
      }
      const removed = await stopWork(shell, { export: id }, (app) =>
        app.remove(id, { withdrawTags: options.withdrawTags === true, signal: shell.cancel.signal }),
      );
      shell.show(removedDocument(removed), () => removedText(removed));
      if (!removed.removed) shell.exitCode = exitCodes.failed;
    });
}

function removedDocument({ cancelled, withdrawn, ...rest }: RemovedExport) {
  return {
    ...rest,
    cancelled: cancelled === null ? null : { ...runDocument(cancelled.run), reached: cancelled.reached },
    withdrawn: withdrawn === null ? null : runDocument(withdrawn),
  };
}

function removedText({ export: id, removed, cancelled, withdrawn, people }: RemovedExport): string {
  const n = (count: number) => count.toLocaleString('en-US');
  const lines: string[] = [];
  if (cancelled !== null)
    lines.push(`Run ${cancelled.run.run} is cancelled: ${howFarText(cancelled.reached)}.`);
  if (withdrawn !== null) lines.push(`${n(withdrawn.changes.untag)} tags were taken back.`);
  if (!removed) {
    const why = withdrawn?.failure?.message ?? 'not all tags could be taken back';
    return [...lines, `The export ${id} stays: ${safeText(why)}`].join('\n');
  }
  lines.push(
    `The export ${id} is removed; nothing is sent by it any more. ${n(people)} people stay in the audience.`,
    'A workspace file that still holds it brings it back when it is applied.',
  );
  return lines.join('\n');
}
