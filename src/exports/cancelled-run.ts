import type { Counts, ExportRun, PeopleCounts } from './plan.ts';
import type { PlanTotals } from './plan-totals.ts';

/** How far a run got: of the people it was to touch, how many it reached and how many it did not come to. */
export interface HowFar {
  people: number;
  reached: number;
  notSent: number;
}

/** A run that was to be cancelled, and how far it got. */
export interface CancelledRun {
  run: ExportRun;
  reached: HowFar;
}

/**
 * @param planned the counts of the run's plan
 * @param ended the run; who was kept out, rejected or refused on the way was come to, but not reached
 */
export function howFar(planned: PlanTotals, ended: Pick<ExportRun, 'people'>): HowFar {
  const people = touched(planned.people);
  const reached = touched(ended.people);
  const { not_sent: _, ...answered } = ended.people.failed;
  const others =
    sum(ended.people.keptOut) -
    sum(planned.people.keptOut) +
    sum(ended.people.rejected) -
    sum(planned.people.rejected) +
    sum(answered);
  return { people, reached, notSent: Math.max(0, people - reached - others) };
}

/** Whether nothing of a run was sent and it can still be carried out. */
export function isWaiting({ status }: Pick<ExportRun, 'status'>): boolean {
  return status === 'planned' || status === 'stopped';
}

/** A plan or stopped run that nobody may carry out any more: whoever it was to reach is not sent. */
export function cancelledPlan(plan: ExportRun, now: Date): ExportRun {
  const { add, update, failed } = plan.people;
  const notSent = (failed.not_sent ?? 0) + add + update;
  return {
    ...plan,
    status: 'cancelled',
    finishedAt: now.toISOString(),
    people: {
      ...plan.people,
      add: 0,
      update: 0,
      leave: 0,
      failed: notSent === 0 ? failed : { ...failed, not_sent: notSent },
    },
    changes: { fields: 0, tag: 0, untag: 0, archive: 0 },
  };
}

function touched({ add, update, leave }: PeopleCounts): number {
  return add + update + leave;
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}
