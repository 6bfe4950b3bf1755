import type { ExportId, RunId } from '../../base/ids.ts';
import type { ExportRun } from '../plan.ts';

const at = '2026-11-24T06:00:00.000Z';

/** The record of a run that succeeded, but for what a test is about. */
export function testRun(changes: Omit<Partial<ExportRun>, 'run'> & { run: string }): ExportRun {
  return {
    export: 'news' as ExportId,
    audience: 'account:aud1',
    audienceId: 'aud1',
    status: 'succeeded',
    madeAt: at,
    startedAt: at,
    finishedAt: at,
    people: { desired: 0, add: 0, update: 0, unchanged: 0, keptOut: {}, rejected: {}, failed: {}, leave: 0 },
    changes: { fields: 0, tag: 0, untag: 0, archive: 0 },
    requests: 0,
    retries: 0,
    seconds: 0,
    brake: null,
    warnings: [],
    tags: [],
    leavers: 'untag',
    newContacts: 'subscribed',
    ground: '',
    requestedBy: 'test',
    limit: null,
    release: null,
    failure: null,
    ...changes,
    run: changes.run as RunId,
  };
}
