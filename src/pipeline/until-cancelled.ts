import type { ExportRun } from '../exports/plan.ts';
import { planTotals } from '../exports/plan-totals.ts';
import { howFar, type CancelledRun } from '../exports/cancelled-run.ts';
import { exportSubject, runSubject } from '../store/cancel-requests.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * Does a run's work under a signal that fires when the caller's does, or when another process asks for the run, or
 * all of its export, to be cancelled. Whoever asked is told how the run ended.
 */
export async function untilCancelled(
  parts: PipelineParts,
  run: ExportRun,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<ExportRun>,
): Promise<ExportRun> {
  const elsewhere = new AbortController();
  const watch = parts.cancelRequests?.watch([runSubject(run.run), exportSubject(run.export)], () => {
    parts.progress.say(`Run ${run.run} is to be cancelled: what is in flight ends and is recorded.`);
    elsewhere.abort(new Error('cancelled'));
  });
  let answer: CancelledRun | undefined;
  try {
    const ended = await work(AbortSignal.any([signal, elsewhere.signal]));
    answer = { run: ended, reached: howFar(await planTotals(parts.engine, run.run), ended) };
    return ended;
  } finally {
    watch?.stop(answer);
  }
}
