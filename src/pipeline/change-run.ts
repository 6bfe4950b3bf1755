import type { Change } from '../engine/engine.ts';
import type { ExportRun } from '../exports/plan.ts';
import { readRun, writeRun } from '../exports/run-records.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * Changes a run's record from what it says in this moment: a run that waited for its account, or read the audience for
 * minutes, may have been cancelled since it was read, and must not be written back as it was.
 * @param change gives back what it was given where nothing is to change; throws what refuses the change
 * @param beside what becomes durable together with it
 * @throws `input` / `run_unknown`
 */
export async function changeRun(
  { engine, leases }: Pick<PipelineParts, 'engine' | 'leases'>,
  runId: string,
  change: (present: ExportRun) => ExportRun,
  beside: readonly Change[] = [],
): Promise<ExportRun> {
  const turn = await leases.acquire(`record of run ${runId}`, () => undefined);
  try {
    const present = await readRun(engine, runId);
    const changed = change(present);
    // The end of a run writes without asking here: what is as it was must not be written over it.
    if (changed === present) return present;
    await engine.commit([...beside, ...writeRun(changed)]);
    return changed;
  } finally {
    turn.release();
  }
}
