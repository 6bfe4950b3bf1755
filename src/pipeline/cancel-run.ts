import { PostriderError } from '../base/errors.ts';
import { cancelledPlan, howFar, isWaiting, type CancelledRun } from '../exports/cancelled-run.ts';
import { planTotals } from '../exports/plan-totals.ts';
import { readRun } from '../exports/run-records.ts';
import { runSubject } from '../store/cancel-requests.ts';
import { carryOutRun } from './carry-out-run.ts';
import { changeRun } from './change-run.ts';
import { connectionOf, type PipelineParts } from './pipeline-parts.ts';
import { withAccount } from './run-export.ts';

/**
 * Cancels a run: a plan or stopped run at once; of one that was cut off, what is uncertain is read back first, so that
 * the ledger tells the truth. One that this process carries out, or is just starting, is asked to end, and says how far
 * it got. (One that another process carries out is cancelled there: `CancelRequests`.)
 * @throws `conflict` / `run_finished`
 */
export async function cancelRun(parts: PipelineParts, runId: string): Promise<CancelledRun> {
  const { engine, clock } = parts;
  const planned = await planTotals(engine, (await readRun(engine, runId)).run);
  const run = await changeRun(parts, runId, (present) => {
    if (isWaiting(present)) return cancelledPlan(present, clock.now());
    if (present.status === 'running') return present;
    throw finished(runId, present.status);
  });
  // Whoever is starting this plan finds it cancelled before the first write; until then it need not ask for more.
  const here = (await parts.cancelRequests?.ask(runSubject(run.run))) as CancelledRun | undefined;
  if (run.status === 'cancelled') return { run, reached: howFar(planned, run) };
  if (here !== undefined && here.run.status !== 'running') {
    if (here.run.status === 'cancelled') return here;
    throw finished(runId, here.run.status);
  }
  const cancelled = await withAccount(parts, connectionOf(run), async (destination) => {
    const cutOff = await readRun(engine, runId);
    // It came to its end in this very moment.
    if (cutOff.status !== 'running') throw finished(runId, cutOff.status);
    // With a signal that has fired nothing new is sent: what was in flight is settled, and the rest is not sent.
    return carryOutRun(parts, destination, cutOff, AbortSignal.abort(new Error('cancelled')));
  });
  return { run: cancelled, reached: howFar(planned, cancelled) };
}

function finished(runId: string, status: string): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'run_finished',
    message: `Run ${runId} has ended already (${status}).`,
    hint: `What it changed can be taken back: postrider undo ${runId} --dry-run`,
  });
}
