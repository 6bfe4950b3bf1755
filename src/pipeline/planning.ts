import { newRunId, type RunId } from '../base/ids.ts';
import type { Destination } from '../delivery/destination.ts';
import type { ExportRun } from '../exports/plan.ts';
import { writeRun } from '../exports/run-records.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** What a new plan has in common with all others: that nothing of it was carried out, and what it cost to make. */
type Common =
  | 'run'
  | 'status'
  | 'madeAt'
  | 'startedAt'
  | 'finishedAt'
  | 'requests'
  | 'retries'
  | 'seconds'
  | 'release'
  | 'failure';

/** A plan that is being made. */
export interface Planning {
  run: RunId;
  started: Date;
  /** Stores it: from then on it can be looked at, and carried out. */
  store(made: Omit<ExportRun, Common>): Promise<ExportRun>;
}

/** To be called before Mailchimp is asked for anything: from here on time and requests count as the plan's. */
export function beginPlanning(
  { engine, clock }: Pick<PipelineParts, 'engine' | 'clock'>,
  destination: Pick<Destination, 'traffic'>,
): Planning {
  const started = clock.now();
  const run = newRunId(started);
  const before = destination.traffic();
  return {
    run,
    started,
    async store(made) {
      const traffic = destination.traffic();
      const record: ExportRun = {
        ...made,
        run,
        status: 'planned',
        madeAt: started.toISOString(),
        startedAt: null,
        finishedAt: null,
        requests: traffic.requests - before.requests,
        retries: traffic.retries - before.retries,
        seconds: (clock.now().getTime() - started.getTime()) / 1000,
        release: null,
        failure: null,
      };
      await engine.commit(writeRun(record));
      return record;
    },
  };
}
