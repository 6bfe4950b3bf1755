import { inputError, PostriderError } from '../base/errors.ts';
import type { Destination } from '../delivery/destination.ts';
import type { ExportRun } from '../exports/plan.ts';
import { listRuns, readRun, writeRun } from '../exports/run-records.ts';
import { carryOutRun } from './carry-out-run.ts';
import { everything, exportOf, pauseOf, type PipelineParts } from './pipeline-parts.ts';
import { planExport } from './plan-export.ts';

export interface RunRequest {
  by: string;
  signal: AbortSignal;
  /** A canary of this many people. */
  limit?: number;
  /** A stored plan instead of a new one. */
  plan?: string;
}

/** Makes and stores a plan; sends nothing. */
export function makePlan(
  parts: PipelineParts,
  exportId: string,
  request: { by: string; limit?: number },
): Promise<ExportRun> {
  return withAccount(parts, exportId, async (destination) => {
    await refuseWhileRunning(parts, exportId);
    return planExport(parts, destination, exportId, request);
  });
}

/**
 * Runs an export once: goes on with a run that was cut off if there is one, else carries out the given plan,
 * else plans and carries out. A plan that a brake holds comes back `stopped`, with nothing sent.
 */
export async function runExport(
  parts: PipelineParts,
  exportId: string,
  request: RunRequest,
): Promise<ExportRun> {
  refuseIfPaused(parts, exportId);
  return withAccount(parts, exportId, async (destination) => {
    const [cutOff] = await listRuns(parts.engine, {
      export: exportOf(parts.settings, exportId).id,
      status: 'running',
      limit: 1,
    });
    if (cutOff !== undefined && request.plan !== undefined && request.plan !== cutOff.run) {
      await refuseWhileRunning(parts, exportId);
    }
    if (cutOff !== undefined) {
      parts.progress.say(`Run ${cutOff.run} was cut off; going on with it.`);
      return carryOutRun(parts, destination, cutOff, request.signal);
    }
    const plan =
      request.plan === undefined
        ? await planExport(parts, destination, exportId, request)
        : await planOf(parts, exportId, request.plan);
    const heldByBrake =
      plan.brake !== null &&
      plan.release === null &&
      (plan.status === 'planned' || plan.status === 'stopped');
    if (!heldByBrake)
      return carryOutRun(parts, destination, plan, request.signal, request.plan === undefined);
    const stopped: ExportRun = { ...plan, status: 'stopped' };
    await parts.engine.commit(writeRun(stopped));
    return stopped;
  });
}

/** Lets a stopped run go, in the name of a person and with a reason, and carries it out. */
export async function releaseRun(
  parts: PipelineParts,
  runId: string,
  release: { by: string; why: string; signal: AbortSignal },
): Promise<ExportRun> {
  const run = await readRun(parts.engine, runId);
  const held = run.brake !== null && (run.status === 'stopped' || run.status === 'planned');
  if (!held) {
    throw new PostriderError({
      kind: 'conflict',
      code: 'run_not_stopped',
      message: `Run ${runId} is ${run.status}; there is no brake to let go.`,
      hint: 'See the runs with: postrider runs',
    });
  }
  if (release.why.trim() === '') {
    throw inputError(
      'release_without_reason',
      'A release needs a reason.',
      `postrider release ${runId} "why it is right"`,
    );
  }
  refuseIfPaused(parts, run.export);
  const at = parts.clock.now().toISOString();
  const released: ExportRun = { ...run, release: { by: release.by, why: release.why, at } };
  return withAccount(parts, run.export, async (destination) => {
    await refuseWhileRunning(parts, run.export);
    await parts.engine.commit(writeRun(released));
    return carryOutRun(parts, destination, released, release.signal);
  });
}

function refuseIfPaused(parts: PipelineParts, exportId: string): void {
  const { id } = exportOf(parts.settings, exportId);
  const why = pauseOf(parts, id);
  if (why === undefined) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'export_paused',
    message: `The export "${id}" is paused: ${why}`,
    hint: parts.pauses.has(everything)
      ? 'Let all go on: postrider resume --all'
      : `Let it go on: postrider resume ${id}`,
  });
}

async function planOf(parts: PipelineParts, exportId: string, planId: string): Promise<ExportRun> {
  const plan = await readRun(parts.engine, planId);
  if (plan.export === exportId) return plan;
  throw inputError('plan_of_other_export', `Plan ${planId} belongs to the export "${plan.export}".`);
}

async function refuseWhileRunning(parts: PipelineParts, exportId: string): Promise<void> {
  const { id } = exportOf(parts.settings, exportId);
  const [running] = await listRuns(parts.engine, { export: id, status: 'running', limit: 1 });
  if (running === undefined) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'run_unfinished',
    message: `Run ${running.run} of this export was cut off and is not finished.`,
    hint: `Finish it first: postrider run ${exportId}`,
  });
}

async function withAccount<Result>(
  parts: PipelineParts,
  exportId: string,
  work: (destination: Destination) => Promise<Result>,
): Promise<Result> {
  const { config } = exportOf(parts.settings, exportId);
  const destination = await parts.openDestination(
    config.connection as Parameters<typeof parts.openDestination>[0],
  );
  try {
    return await work(destination);
  } finally {
    await destination.close();
  }
}
