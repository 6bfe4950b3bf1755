import type { Command } from 'commander';
import { PostriderError } from '../base/errors.ts';
import { runIdPattern } from '../base/ids.ts';
import type { CancelledRun } from '../exports/cancelled-run.ts';
import { presentRun, runDocument } from './present-run.ts';
import type { Shell } from './shell.ts';
import { stopWork } from './stop-work.ts';

/** `postrider cancel RUN` (promise 9). */
export function addCancelCommand(program: Command, shell: Shell): void {
  program
    .command('cancel <run>')
    .description(
      'cancel a run, or whatever goes on of an export, also in another process; says how far it got',
    )
    .action(async (id: string) => {
      const isRun = runIdPattern.test(id);
      const { run, reached } = await stopWork(
        shell,
        isRun ? { run: id } : { export: id },
        (app) => app.cancel(id),
        (answer) => endedElsewhere(JSON.parse(answer) as CancelledRun),
      );
      shell.print(
        shell.json
          ? JSON.stringify({ ...runDocument(run), reached })
          : `${presentRun(run)}\n\n  ${howFarText(reached)}`,
      );
    });
}

/** It may have come to its end before it was asked. */
function endedElsewhere(ended: CancelledRun): CancelledRun {
  if (ended.run.status === 'cancelled') return ended;
  throw new PostriderError({
    kind: 'conflict',
    code: 'run_finished',
    message: `Run ${ended.run.run} came to its end first (${ended.run.status}).`,
    hint: `What it changed can be taken back: postrider undo ${ended.run.run} --dry-run`,
  });
}

export function howFarText({ people, reached, notSent }: CancelledRun['reached']): string {
  const n = (count: number) => count.toLocaleString('en-US');
  return `${n(reached)} of ${n(people)} people reached; ${n(notSent)} not sent`;
}
