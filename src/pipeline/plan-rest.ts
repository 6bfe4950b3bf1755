import { PostriderError } from '../base/errors.ts';
import { newRunId, type ExportId } from '../base/ids.ts';
import type { ExportRun } from '../exports/plan.ts';
import { planTotals } from '../exports/plan-totals.ts';
import { restOfPlan } from '../exports/rest-of-plan.ts';
import { lastBegunRun, writeRun } from '../exports/run-records.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * What a failed or cancelled run left, as a plan that is carried out like any other: its ground is compared, who moved
 * is left out. The brakes let the whole of it pass before, so they are not asked again.
 * @throws `conflict` / `plan_used` when another run of the export has begun since: what it left is part of that one
 */
export async function planRest(parts: PipelineParts, ended: ExportRun, by: string): Promise<ExportRun> {
  const { engine, clock } = parts;
  if (ended.startedAt === null) {
    throw new PostriderError({
      kind: 'conflict',
      code: 'plan_used',
      message: `Plan ${ended.run} was cancelled before it began.`,
      hint: `Make a new one: postrider plan ${ended.export}`,
    });
  }
  await refuseIfOvertaken(parts, ended);
  const madeAt = clock.now();
  const run = newRunId(madeAt);
  await engine.commit(restOfPlan(engine.dialect, ended, run));
  const { races: _races, alerts: _alerts, ...record } = ended;
  const rest: ExportRun = {
    ...record,
    ...(await planTotals(engine, run)),
    run,
    continues: ended.run,
    status: 'planned',
    madeAt: madeAt.toISOString(),
    startedAt: null,
    finishedAt: null,
    requests: 0,
    retries: 0,
    seconds: 0,
    warnings: [],
    requestedBy: by,
    failure: null,
  };
  await engine.commit(writeRun(rest));
  parts.progress.say(`Going on with what run ${ended.run} left, as run ${run}.`);
  return rest;
}

/** Says what the last run of an export left, when it ended before its time: a new plan takes it in. */
export async function tellWhatIsLeft(parts: PipelineParts, id: ExportId): Promise<void> {
  const last = await lastBegunRun(parts.engine, id);
  if (last === undefined || (last.status !== 'failed' && last.status !== 'cancelled')) return;
  const left = last.people.failed.not_sent ?? 0;
  // What an undo left is the next undo's.
  if (left === 0 || last.undoes !== undefined) return;
  parts.progress.say(
    `Run ${last.run} ended before it came to ${left} people; this one plans anew. To do only what was left: postrider run ${id} --plan ${last.run}`,
  );
}

async function refuseIfOvertaken(parts: PipelineParts, ended: ExportRun): Promise<void> {
  const later = await lastBegunRun(parts.engine, ended.export);
  if (ended.trimmedAt === undefined && (later === undefined || later.run === ended.run)) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'plan_used',
    message:
      later === undefined || later.run === ended.run
        ? `The people of run ${ended.run} are not kept any more.`
        : `Run ${later.run} has begun since run ${ended.run} ended (${later.status}).`,
    hint:
      later?.continues === ended.run && (later.status === 'failed' || later.status === 'cancelled')
        ? `Go on with that one: postrider run ${ended.export} --plan ${later.run}`
        : `Make a new plan: postrider plan ${ended.export}`,
  });
}
