import type { ExportId, RunId } from '../../base/ids.ts';
import type { ExportRun } from '../../exports/plan.ts';

/** A plan of one export, nothing done yet; say what differs. */
export function someRun(changes: Partial<ExportRun> = {}): ExportRun {
  return {
    run: 'r5gx' as RunId,
    export: 'news' as ExportId,
    audience: 'account:abc',
    audienceId: 'abc',
    status: 'planned',
    madeAt: '2026-11-24T06:00:00.000Z',
    startedAt: null,
    finishedAt: null,
    people: {
      desired: 12_345,
      add: 12_000,
      update: 30,
      unchanged: 300,
      keptOut: { cleaned: 2, unsubscribed: 10 },
      rejected: { no_address: 3 },
      failed: {},
      leave: 0,
    },
    changes: { fields: 12_030, tag: 1, untag: 0, archive: 0 },
    requests: 26,
    retries: 1,
    seconds: 3.14159,
    brake: null,
    warnings: [],
    tags: [],
    leavers: 'untag',
    newContacts: 'subscribed',
    ground: 'abc',
    requestedBy: 'ana',
    limit: null,
    release: null,
    failure: null,
    ...changes,
  };
}
