import { PostriderError } from '../base/errors.ts';
import type { ExportId } from '../base/ids.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import type { ExportRun } from '../exports/plan.ts';
import { listRuns, readRun, undoOf } from '../exports/run-records.ts';
import { buildUndoPlan, countNotUndone, type Journalled } from '../exports/undo-plan.ts';
import { atPresent, connectionOf, type PipelineParts } from './pipeline-parts.ts';
import { readDoNotSend } from './plan-export.ts';
import { beginPlanning } from './planning.ts';
import { readFacts } from './read-facts.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';
import { refuseIfAllStopped } from './refuse-paused.ts';
import { carryOut, refuseWhileRunning, withAccount } from './run-export.ts';
import { undoGround } from './undo-ground.ts';

export interface UndoRequest {
  by: string;
  signal: AbortSignal;
  /** A stored plan of this undo instead of a new one. */
  plan?: string;
  /**
   * Stops the export until a person resumes it, or its next run would send the same again. Called when the plan
   * stands and before anything is sent, so that a crash leaves the export stopped as well.
   */
  pause(exportId: ExportId, why: string): Promise<void>;
}

/**
 * Makes and stores the plan that takes a run back, against the audience as it is now; sends nothing.
 * @throws `conflict`: `run_not_carried_out`, `run_unfinished`, `run_undone`, `journal_gone`, `nothing_to_undo`
 */
export async function planUndo(
  parts: PipelineParts,
  runId: string,
  request: { by: string; signal?: AbortSignal },
): Promise<ExportRun> {
  const undone = await readRun(parts.engine, runId);
  const inTurn = async (destination: Destination) => {
    await refuseWhileRunning(parts, undone.export);
    return makeUndoPlan(await atPresent(parts), destination, undone, request);
  };
  return withAccount(parts, connectionOf(undone), inTurn, request.signal);
}

/**
 * Takes a run back by a plan of its own. An undo that was cut off is finished first, whatever plan is asked for.
 * @throws as `planUndo`; `input` / `plan_of_other_run`; `export_paused` while everything is stopped
 */
export async function undoRun(
  before: PipelineParts,
  runId: string,
  request: UndoRequest,
): Promise<ExportRun> {
  const { engine } = before;
  const undone = await readRun(engine, runId);
  const connection = connectionOf(undone);
  const inTurn = async (destination: Destination) => {
    const parts = await atPresent(before);
    await refuseIfAllStopped(parts, connection);
    const [running] = await listRuns(engine, { export: undone.export, status: 'running', limit: 1 });
    if (running?.undoes === undone.run) {
      parts.progress.say(`Run ${running.run} was cut off; going on with it.`);
      return carryOut(parts, destination, running, request.signal);
    }
    await refuseWhileRunning(parts, undone.export);
    const plan =
      request.plan === undefined
        ? await makeUndoPlan(parts, destination, undone, request)
        : await storedUndo(engine, undone, request.plan);
    refuseIfCancelled(request.signal);
    await request.pause(undone.export, `run ${undone.run} was undone; resume it when the cause is mended`);
    return carryOut(parts, destination, plan, request.signal, request.plan === undefined);
  };
  return withAccount(before, connection, inTurn, request.signal);
}

async function makeUndoPlan(
  parts: PipelineParts,
  destination: Destination,
  undone: ExportRun,
  { by, signal }: { by: string; signal?: AbortSignal },
): Promise<ExportRun> {
  const { engine } = parts;
  refuseIfCancelled(signal);
  await refuseUnlessUndoable(engine, undone);
  const { run, store } = beginPlanning(parts, destination);
  const { journal, tags, fieldTypes, digest } = await undoGround(parts, destination, undone);
  if (journal.changes === 0) throw refused('nothing_to_undo', `Run ${undone.run} changed nothing.`);
  await readFacts(parts, destination, { key: undone.audience, id: undone.audienceId }, signal);
  await readDoNotSend(parts);

  const { export: exportId, audience, audienceId, newContacts } = undone;
  const totals = await buildUndoPlan(engine, { run, undoes: undone.run, export: exportId, audience, tags });
  const stay = await countNotUndone(engine, run);
  return store({
    kind: 'undo',
    undoes: undone.run,
    export: exportId,
    audience,
    audienceId,
    ...totals,
    brake: null,
    warnings: whatStays(journal, stay),
    tags,
    fieldTypes,
    // What was blank before becomes blank again, required or not.
    skipRequired: true,
    // Contacts that the run made are archived, never deleted.
    leavers: 'archive',
    newContacts,
    ground: digest,
    requestedBy: by,
    limit: null,
  });
}

/** The honest list in sentences: what no plan can take back, and what this one leaves. */
function whatStays({ tagged, asked }: Journalled, stay: Readonly<Record<string, number>>): string[] {
  const n = (count: number, one: string, many: string) =>
    `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
  const changes = Object.values(stay).reduce((sum, count) => sum + count, 0);
  return [
    changes > 0 &&
      `${n(changes, 'change stays as it is', 'changes stay as they are')}: the contact is not as the run left it.`,
    tagged > 0 &&
      `${n(tagged, 'person was', 'people were')} given a tag by the run: mails that automations sent for it cannot be taken back.`,
    asked > 0 &&
      `${n(asked, 'person was', 'people were')} asked to confirm: that mail cannot be taken back, and Mailchimp does not archive who has not confirmed.`,
  ].filter((sentence) => sentence !== false);
}

async function refuseUnlessUndoable(engine: Engine, run: ExportRun): Promise<void> {
  if (run.status === 'planned' || run.status === 'stopped' || run.startedAt === null) {
    throw refused('run_not_carried_out', `Run ${run.run} is ${run.status}; nothing of it was sent.`);
  }
  if (run.trimmedAt !== undefined) {
    throw refused(
      'journal_gone',
      `What run ${run.run} changed is not known any more: its people were removed on ${run.trimmedAt.slice(0, 10)}.`,
      'Keep runs for longer: retention, in the workspace file.',
    );
  }
  const undo = await undoOf(engine, run.run);
  if (undo !== undefined) {
    throw refused(
      'run_undone',
      `Run ${run.run} was undone already, by ${undo.run}.`,
      `An undo is a run: postrider undo ${undo.run} takes it back.`,
    );
  }
}

async function storedUndo(engine: Engine, undone: ExportRun, planId: string): Promise<ExportRun> {
  const plan = await readRun(engine, planId);
  if (plan.undoes !== undone.run) {
    throw new PostriderError({
      kind: 'input',
      code: 'plan_of_other_run',
      message: `Plan ${planId} does not take back run ${undone.run}.`,
      hint: `Make one: postrider undo ${undone.run} --dry-run`,
    });
  }
  await refuseUnlessUndoable(engine, undone);
  return plan;
}

function refused(code: string, message: string, hint = 'See the runs with: postrider runs'): PostriderError {
  return new PostriderError({ kind: 'conflict', code, message, hint });
}
