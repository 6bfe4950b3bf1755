import { setTimeout as sleep } from 'node:timers/promises';
import { askOtherToCancel, type Actions } from '../app.ts';
import { PostriderError } from '../base/errors.ts';
import type { Shell } from './shell.ts';

const lookEveryMs = 500;

/**
 * Does something that stops work, even while another process has the data folder: that one is asked to cancel, and
 * then it is waited until it has answered, or has gone and left the folder to us.
 * @param what is to be cancelled there
 * @param here what to do once the folder is ours
 * @param answered makes a result of the other's answer, with which the matter is settled; absent: the folder is
 *   needed all the same
 */
export async function stopWork<Result>(
  shell: Shell,
  what: { run: string } | { export: string },
  here: (app: Actions) => Promise<Result>,
  answered?: (answer: string) => Result,
): Promise<Result> {
  let app = await openUnlessInUse(shell);
  if (app instanceof PostriderError) {
    shell.say('Another process has the data folder; it is asked to cancel.');
    const question = askOtherToCancel(shell.config(), what);
    try {
      while (app instanceof PostriderError) {
        const inUse: PostriderError = app;
        await sleep(lookEveryMs, undefined, { signal: shell.cancel.signal }).catch(() => {
          throw inUse;
        });
        app = await openUnlessInUse(shell);
        // It answers before it goes, so this order misses nothing.
        const answer = question.answer();
        if (answer !== undefined && answered !== undefined) return answered(answer);
      }
    } finally {
      question.withdraw();
    }
  }
  return here(app);
}

async function openUnlessInUse(shell: Shell): Promise<Actions | PostriderError> {
  try {
    return await shell.app();
  } catch (error) {
    if (error instanceof PostriderError && error.code === 'data_in_use') return error;
    throw error;
  }
}
