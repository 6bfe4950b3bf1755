import type { ExportRun } from '../exports/plan.ts';
import type { RunHeader } from '../store/run-headers.ts';

/** What the store lists of a run. */
export function runHeader(run: ExportRun): RunHeader {
  const date = (iso: string | null) => (iso === null ? undefined : new Date(iso));
  const { release } = run;
  return {
    id: run.run,
    export: run.export,
    kind: 'run',
    status: run.status,
    requestedBy: run.requestedBy,
    createdAt: new Date(run.madeAt),
    startedAt: date(run.startedAt),
    finishedAt: date(run.finishedAt),
    summary: run,
    brake: run.brake ?? undefined,
    release: release === null ? undefined : { by: release.by, reason: release.why, at: new Date(release.at) },
  };
}
