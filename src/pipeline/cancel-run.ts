import { PostriderError } from '../base/errors.ts';
import { cancelledPlan, howFar, type CancelledRun } from '../exports/cancelled-run.ts';
import { planTotals } from '../exports/plan-totals.ts';
import { readRun, writeRun } from '../exports/run-records.ts';
import { runSubject } from '../store/cancel-requests.ts';
import { carryOutRun } from './carry-out-run.ts';
import { connectionOf, type PipelineParts } from './pipeline-parts.ts';
import { withAccount } from './run-export.ts';

/**
 * Cancels a run that no process is carrying out: a plan or stopped run at once; of one that was cut off, what is
 * uncertain is read back first, so that the ledger tells the truth. One that this process carries out is asked to end,
 * and says how far it got. (One that another process carries out is cancelled there: `CancelRequests`.)
 * @throws `conflict` / `run_finished`
 */
export async function cancelRun(parts: PipelineParts, runId: string): Promise<CancelledRun> {
  const { engine, clock } = parts;
  const run = await readRun(engine, runId);
  const planned = await planTotals(engine, run.run);
  switch (run.status) {
    case 'planned':
    case 'stopped': {
      const cancelled = cancelledPlan(run, clock.now());
      await engine.commit(writeRun(cancelled));
      return { run: cancelled, reached: howFar(planned, cancelled) };
    }
    case 'running': {
      const here = await parts.cancelRequests?.ask(runSubject(run.run));
      if (here !== undefined) {
        const ended = here as CancelledRun;
        if (ended.run.status === 'cancelled') return ended;
        throw finished(runId, ended.run.status);
      }
      // With a signal that has fired nothing new is sent: what was in flight is settled, and the rest is not sent.
      const cancelled = await withAccount(parts, connectionOf(run), (destination) =>
        carryOutRun(parts, destination, run, AbortSignal.abort(new Error('cancelled'))),
      );
      return { run: cancelled, reached: howFar(planned, cancelled) };
    }
    case 'succeeded':
    case 'failed':
    case 'cancelled':
      throw finished(runId, run.status);
    default:
      throw new Error(`no way to cancel ${String(run.status satisfies never)}`);
  }
}

function finished(runId: string, status: string): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'run_finished',
    message: `Run ${runId} has ended already (${status}).`,
    hint: `What it changed can be taken back: postrider undo ${runId} --dry-run`,
  });
}
