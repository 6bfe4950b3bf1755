import type { ConnectionId, ExportId } from '../base/ids.ts';
import type { Destination } from '../delivery/destination.ts';
import { audienceKey } from '../exports/audience-key.ts';
import { segmentsInLedger } from '../exports/build-plan.ts';
import { cancelledPlan, isWaiting, type CancelledRun } from '../exports/cancelled-run.ts';
import { unfinishedTags } from '../exports/chunks.ts';
import { groundOf, type ExportRun } from '../exports/plan.ts';
import { exportedPeople, listRuns } from '../exports/run-records.ts';
import { buildWithdrawPlan } from '../exports/withdraw-plan.ts';
import { exportSubject } from '../store/cancel-requests.ts';
import { cancelRun } from './cancel-run.ts';
import { changeRun } from './change-run.ts';
import { exportOf, type PipelineParts } from './pipeline-parts.ts';
import { beginPlanning } from './planning.ts';
import { readFacts } from './read-facts.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';
import { refuseIfAllStopped } from './refuse-paused.ts';
import { carryOut, withAccount } from './run-export.ts';
import { tagsStillThere } from './tags-still-there.ts';

/** What became of an export that is to be removed, before its item leaves the workspace. */
export interface ClearedExport {
  export: ExportId;
  /** A run that had been cut off, and how far it got. */
  cancelled: CancelledRun | null;
  /** The run that took our tags away, where that was asked for. */
  withdrawn: ExportRun | null;
  /** Tags that it could not take. */
  tagsLeft: number;
  /** People that the export put into the audience and has not let go; they stay there. */
  people: number;
}

/**
 * Brings an export to rest, so that nothing of it can be sent any more: a run that was cut off is settled and
 * cancelled, plans that nobody carried out are cancelled, and our tags are taken away where that is asked for. No
 * contact is archived or deleted. An empty tag stays in Mailchimp: campaigns there may refer to it.
 * @throws with `withdrawTags`: `export_paused` while everything is stopped
 * @returns with `withdrawn` not `succeeded`, or `tagsLeft`, the export must stay
 */
export async function clearExport(
  parts: PipelineParts,
  exportId: string,
  request: { by: string; withdrawTags: boolean; signal: AbortSignal },
): Promise<ClearedExport> {
  const { engine } = parts;
  const { id, config } = exportOf(parts.settings, exportId);
  const { by, withdrawTags, signal } = request;
  const connection = config.connection as ConnectionId;
  if (withdrawTags) await refuseIfAllStopped(parts, connection);
  const cancelled = await endWorkOf(parts, id);
  const { people } = await exportedPeople(engine, id, audienceKey(config));
  const inTurn = async (destination: Destination) => {
    await refuseIfAllStopped(parts, connection);
    const plan = await planWithdrawal(parts, destination, id, { by, signal });
    return carryOut(parts, destination, plan, signal, true);
  };
  const withdrawn = withdrawTags ? await withAccount(parts, connection, inTurn, signal) : null;
  const tagsLeft = withdrawn === null ? 0 : await unfinishedTags(engine, withdrawn.run);
  return { export: id, cancelled, withdrawn, tagsLeft, people };
}

/**
 * Ends what goes on of an export: a run or the making of a plan, a run that was cut off, and plans that nobody carried
 * out. Once more after the export is gone: something may have begun right before.
 * @returns the run that was ended, where there was one
 */
export async function endWorkOf(parts: PipelineParts, id: ExportId): Promise<CancelledRun | null> {
  const { engine, clock } = parts;
  // What goes on here ends first, be it planned or sent.
  const here = (await parts.cancelRequests?.ask(exportSubject(id))) as CancelledRun | undefined;
  const [running] = await listRuns(engine, { export: id, status: 'running', limit: 1 });
  const cancelled =
    here?.run.status === 'cancelled'
      ? here
      : running === undefined
        ? null
        : await cancelRun(parts, running.run);
  const waiting = [
    ...(await listRuns(engine, { export: id, status: 'planned' })),
    ...(await listRuns(engine, { export: id, status: 'stopped' })),
  ];
  for (const { run } of waiting)
    await changeRun(parts, run, (plan) => (isWaiting(plan) ? cancelledPlan(plan, clock.now()) : plan));
  return cancelled;
}

async function planWithdrawal(
  parts: PipelineParts,
  destination: Destination,
  id: ExportId,
  { by, signal }: { by: string; signal: AbortSignal },
): Promise<ExportRun> {
  refuseIfCancelled(signal);
  const { engine, settings } = parts;
  const { config } = exportOf(settings, id);
  const key = audienceKey(config);
  const { run, store } = beginPlanning(parts, destination);
  const description = await destination.describe(config.audience);
  const tags = await tagsStillThere(parts, key, description, await segmentsInLedger(engine, id));
  await readFacts(parts, destination, { key, id: config.audience }, signal);
  const totals = await buildWithdrawPlan(engine, { run, export: id, audience: key, tags });
  return store({
    kind: 'withdraw',
    export: id,
    audience: key,
    audienceId: config.audience,
    ...totals,
    // Everybody leaves, and that is what was asked for: no brake holds it.
    brake: null,
    warnings: [],
    tags,
    leavers: 'untag',
    newContacts: config.newContacts,
    ground: groundOf({ withdraw: id, tags }),
    requestedBy: by,
    limit: null,
  });
}
