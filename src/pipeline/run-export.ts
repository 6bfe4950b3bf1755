import { inputError, PostriderError } from '../base/errors.ts';
import type { ConnectionId, ExportId } from '../base/ids.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { isWaiting } from '../exports/cancelled-run.ts';
import type { ExportRun } from '../exports/plan.ts';
import { listRuns, readRun } from '../exports/run-records.ts';
import { carryOutRun } from './carry-out-run.ts';
import { changeRun } from './change-run.ts';
import { atPresent, connectionOf, exportOf, withDestination, type PipelineParts } from './pipeline-parts.ts';
import { planExport } from './plan-export.ts';
import { planRest, tellWhatIsLeft } from './plan-rest.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';
import { refuseIfPaused } from './refuse-paused.ts';
import { exportSubject } from '../store/cancel-requests.ts';
import { untilCancelled } from './until-cancelled.ts';

export interface RunRequest {
  by: string;
  signal: AbortSignal;
  /** A canary of this many people. */
  limit?: number;
  /** A stored plan instead of a new one. */
  plan?: string;
}

/** Makes and stores a plan; sends nothing. */
export async function makePlan(
  parts: PipelineParts,
  exportId: string,
  request: { by: string; limit?: number; signal?: AbortSignal },
): Promise<ExportRun> {
  return withExport(parts, exportId, request.signal, async (present, destination, signal) => {
    await refuseWhileRunning(present, exportOf(present.settings, exportId).id);
    return planExport(present, destination, exportId, { ...request, signal });
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
  await refuseIfPaused(parts, exportId);
  return withExport(parts, exportId, request.signal, (present, destination, signal) =>
    runOn(present, destination, exportId, { ...request, signal }),
  );
}

async function runOn(
  parts: PipelineParts,
  destination: Destination,
  exportId: string,
  request: RunRequest,
): Promise<ExportRun> {
  // Once more: it may have been paused while this waited for the account.
  await refuseIfPaused(parts, exportId);
  const { id } = exportOf(parts.settings, exportId);
  const [cutOff] = await listRuns(parts.engine, { export: id, status: 'running', limit: 1 });
  if (cutOff !== undefined && request.plan !== undefined && request.plan !== cutOff.run) {
    await refuseWhileRunning(parts, id);
  }
  if (cutOff !== undefined) {
    parts.progress.say(`Run ${cutOff.run} was cut off; going on with it.`);
    return carryOut(parts, destination, cutOff, request.signal);
  }
  const plan = await planFor(parts, destination, exportId, request);
  if (!isHeld(plan) || plan.release !== null) {
    return carryOut(parts, destination, plan, request.signal, request.plan === undefined);
  }
  return changeRun(parts, plan.run, (present) =>
    isWaiting(present) ? { ...present, status: 'stopped' } : present,
  );
}

/** Whether a brake keeps a run from being carried out until a person lets it go. */
function isHeld(run: ExportRun): boolean {
  return run.brake !== null && isWaiting(run);
}

/** A new plan, the stored one that was asked for, or what a run that ended before its time left of its own. */
async function planFor(
  parts: PipelineParts,
  destination: Destination,
  exportId: string,
  request: RunRequest,
): Promise<ExportRun> {
  if (request.plan === undefined) {
    await tellWhatIsLeft(parts, exportOf(parts.settings, exportId).id);
    return planExport(parts, destination, exportId, request);
  }
  const plan = await planOf(parts, exportId, request.plan);
  const endedEarly = plan.status === 'failed' || plan.status === 'cancelled';
  return endedEarly ? planRest(parts, plan, request.by) : plan;
}

/** Lets a stopped run go, in the name of a person and with a reason, and carries it out. */
export async function releaseRun(
  parts: PipelineParts,
  runId: string,
  release: { by: string; why: string; signal: AbortSignal },
): Promise<ExportRun> {
  const run = await readRun(parts.engine, runId);
  refuseUnlessHeld(run);
  if (release.why.trim() === '') {
    throw inputError(
      'release_without_reason',
      'A release needs a reason.',
      `postrider release ${runId} "why it is right"`,
    );
  }
  await refuseIfPaused(parts, run.export);
  return withAccount(
    parts,
    connectionOf(run),
    async (destination) => {
      const present = await atPresent(parts);
      await refuseIfPaused(present, run.export);
      await refuseWhileRunning(parts, run.export);
      const at = parts.clock.now().toISOString();
      // It may have been cancelled, or let go by somebody else, while this waited for the account.
      const released = await changeRun(parts, run.run, (latest) => {
        refuseUnlessHeld(latest);
        return { ...latest, release: { by: release.by, why: release.why, at } };
      });
      return carryOut(present, destination, released, release.signal);
    },
    release.signal,
  );
}

function refuseUnlessHeld(run: ExportRun): void {
  if (isHeld(run)) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'run_not_stopped',
    message: `Run ${run.run} is ${run.status}; there is no brake to let go.`,
    hint: 'See the runs with: postrider runs',
  });
}

async function planOf(parts: PipelineParts, exportId: string, planId: string): Promise<ExportRun> {
  const plan = await storedPlan(parts.engine, exportId, planId);
  if (plan.undoes !== undefined) {
    throw inputError(
      'plan_of_undo',
      `Plan ${planId} takes back run ${plan.undoes}.`,
      `Carry it out with: postrider undo ${plan.undoes} --plan ${planId}`,
    );
  }
  return plan;
}

/**
 * A plan or run of an export, by name.
 * @throws `input` / `run_unknown`, `plan_of_other_export`
 */
export async function storedPlan(engine: Engine, exportId: string, planId: string): Promise<ExportRun> {
  const plan = await readRun(engine, planId);
  if (plan.export === exportId) return plan;
  throw inputError('plan_of_other_export', `Plan ${planId} belongs to the export "${plan.export}".`);
}

/** Carries out a run, and stops when somebody asks for it, here or in another process (promise 9). */
export function carryOut(
  parts: PipelineParts,
  destination: Destination,
  run: ExportRun,
  signal: AbortSignal,
  justPlanned = false,
): Promise<ExportRun> {
  return untilCancelled(parts, run, signal, (either) =>
    carryOutRun(parts, destination, run, either, justPlanned),
  );
}

/** @throws `conflict` / `run_unfinished` when a run of this export was cut off */
export async function refuseWhileRunning(parts: PipelineParts, id: ExportId): Promise<void> {
  const [running] = await listRuns(parts.engine, { export: id, status: 'running', limit: 1 });
  if (running === undefined) return;
  const finish = running.undoes === undefined ? `run ${id}` : `undo ${running.undoes}`;
  throw new PostriderError({
    kind: 'conflict',
    code: 'run_unfinished',
    message: `Run ${running.run} of this export was cut off and is not finished.`,
    hint: `Finish it first: postrider ${finish}`,
  });
}

/**
 * Has the account of an export, and the settings as they are once its turn has come: while it waited, the export may
 * have been edited or removed. From then on whoever cancels or removes it is heard; it has no run yet by whose name it
 * could be cancelled, and a plan of a large audience takes minutes to make.
 */
async function withExport<Result>(
  parts: PipelineParts,
  exportId: string,
  signal: AbortSignal | undefined,
  work: (present: PipelineParts, destination: Destination, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  for (;;) {
    const connection = await connectionNow(await atPresent(parts), exportId);
    const inTurn = async (destination: Destination) => {
      const elsewhere = new AbortController();
      // Before the settings are read: whoever removes the export after that finds somebody to ask.
      const watch = parts.cancelRequests?.watch([exportSubject(exportId)], () =>
        elsewhere.abort(new Error('cancelled')),
      );
      try {
        const present = await atPresent(parts);
        // It goes to another account by now, which has to be waited for.
        if ((await connectionNow(present, exportId)) !== connection) return undefined;
        const signals = [elsewhere.signal, ...(signal === undefined ? [] : [signal])];
        return { result: await work(present, destination, AbortSignal.any(signals)) };
      } finally {
        watch?.stop();
      }
    };
    const ended = await withAccount(parts, connection, inTurn, signal);
    if (ended !== undefined) return ended.result;
  }
}

/** Through which an export goes now: a run of it that was cut off ends in the account that it began in. */
async function connectionNow(present: PipelineParts, exportId: string): Promise<ConnectionId> {
  const { id, config } = exportOf(present.settings, exportId);
  const [cutOff] = await listRuns(present.engine, { export: id, status: 'running', limit: 1 });
  return cutOff === undefined ? (config.connection as ConnectionId) : connectionOf(cutOff);
}

/**
 * Opens an account for as long as the work takes, and has it alone: others of this account wait their turn (promise 6).
 * @param signal ends the waiting
 * @throws `conflict` / `cancelled`
 */
export async function withAccount<Result>(
  parts: PipelineParts,
  connection: ConnectionId,
  work: (destination: Destination) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  return withDestination(parts, connection, async (destination) => {
    const { id, name } = await destination.account(signal);
    const waiting = (before: number) =>
      parts.progress.say(`Waiting for the Mailchimp account ${name}: ${before} before this one.`);
    const lease = await parts.leases.acquire(id, waiting, signal).catch((error: unknown) => {
      refuseIfCancelled(signal, 'Cancelled while it waited for its account; nothing was sent.');
      throw error;
    });
    try {
      return await work(destination);
    } finally {
      lease.release();
    }
  });
}
