import type { Command } from 'commander';
import { exitCodeOfRun } from './exit-codes.ts';
import { presentPeople } from './present-people.ts';
import { presentRun, runDocument } from './present-run.ts';
import { refuseTogether } from './refuse-together.ts';
import type { Shell } from './shell.ts';

/** `postrider undo RUN` (promise 11). */
export function addUndoCommand(program: Command, shell: Shell): void {
  program
    .command('undo <run>')
    .description('take a run back, where nobody has changed anything since, and pause its export')
    .option('--dry-run', 'make, store and show the plan; sends nothing')
    .option('--people', 'with --dry-run: list the people, each with what would change and what stays')
    .option('--plan <id>', 'exactly this plan of an undo')
    .action(async (id: string, options: { dryRun?: boolean; people?: boolean; plan?: string }) => {
      refuseTogether(options.people && options.dryRun !== true, '--people goes with --dry-run only.');
      const app = await shell.app();
      const run =
        options.dryRun === true
          ? await app.planUndo(id, { signal: shell.cancel.signal })
          : await app.undo(id, { plan: options.plan, signal: shell.cancel.signal });
      if (options.dryRun === true && options.people === true)
        return presentPeople(shell, run, app.planPeople(run));
      shell.show(runDocument(run), () => presentRun(run));
      if (options.dryRun !== true)
        shell.say(`The export ${run.export} is paused; let it go on: postrider resume ${run.export}`);
      shell.exitCode = exitCodeOfRun(run);
    });
}
