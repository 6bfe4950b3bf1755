import { systemClock } from '../../base/clock.ts';
import type { ExportId, RunId, SegmentId } from '../../base/ids.ts';
import type { Destination } from '../../delivery/destination.ts';
import { openDuckdb } from '../../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { sql } from '../../engine/sql.ts';
import { cutIntoChunks } from '../../exports/chunks.ts';
import { ensureExportTables, planPerson } from '../../exports/export-tables.ts';
import { nextReadFrom } from '../../exports/audience-facts.ts';
import type { ExportRun } from '../../exports/plan.ts';
import { BatchBlame } from '../batch-blame.ts';
import { ErasedMeanwhile } from '../erased-meanwhile.ts';
import { leasesInProcess } from '../account-lease.ts';
import type { PipelineParts } from '../pipeline-parts.ts';
import { silent } from '../progress.ts';
import type { Sending } from '../send-once.ts';
import { SettleTogether } from '../settle-together.ts';
import { WhoHasLeft } from '../who-has-left.ts';

export const buyers = 'buyers' as SegmentId;

export interface PlannedTestPerson {
  address: string;
  action: 'add' | 'update' | 'leave';
  fields?: Record<string, string>;
  add?: SegmentId[];
  remove?: SegmentId[];
  archive?: boolean;
}

/** A run that has just started, in tables of its own and without anything before it; people who need an upsert first. */
export async function plannedRun(
  people: readonly PlannedTestPerson[],
): Promise<{ engine: Engine; run: ExportRun }> {
  const engine = await openDuckdb({ path: ':memory:' });
  await ensureExportTables(engine);
  const run = record(people.length);
  const columns = planPerson.columns.map((column) => column.name);
  const rows = people.map((person, index) => {
    const { address, action, fields = {}, add = [], remove = [], archive = false } = person;
    const cells: Record<string, string | number | boolean | string[] | null> = {
      run: run.run,
      position: index + 1,
      action,
      address,
      email: address,
      customer_id: `c${index + 1}`,
      seen_status: action === 'add' ? null : 'subscribed',
      status: 'subscribed',
      fields: JSON.stringify(fields),
      before: '{}',
      field_count: Object.keys(fields).length,
      add_segments: add,
      remove_segments: remove,
      archive,
    };
    return columns.map((name) => cells[name] ?? null);
  });
  await engine.commit([{ into: planPerson, columns: planPerson.columns, rows }, ...cutIntoChunks(run.run)]);
  return { engine, run };
}

/** What the senders need; of the destination only what the test gives it. */
export async function sendingOf(
  { engine, run }: { engine: Engine; run: ExportRun },
  destination: Partial<Destination>,
  signal = new AbortController().signal,
): Promise<Sending> {
  const parts = {
    engine,
    clock: systemClock,
    deadlineMs: 20,
    freshMs: 60_000,
    maxRequests: 4,
    progress: silent,
    leases: leasesInProcess(),
  } as PipelineParts;
  const whole = destination as Destination;
  const whoHasLeft = await WhoHasLeft.since(parts, whole, run, {
    at: new Date(),
    from: await nextReadFrom(engine, run.audience),
  });
  return {
    parts,
    destination: whole,
    run,
    whoHasLeft,
    erased: await ErasedMeanwhile.since(parts.engine, run.run),
    blame: new BatchBlame(),
    together: new SettleTogether(parts.engine, parts.clock, run.run),
    signal,
  };
}

/** As a destination sends: asks before the request leaves, until it may. */
export function asking(upsert: Destination['upsert']): Destination['upsert'] {
  return async (audience, people, options) => {
    while ((await options?.beforeSend?.()) === false) await options?.renew?.();
    return upsert(audience, people, options);
  };
}

/** Outcomes by address, as `result:reason`. */
export async function outcomesOf(engine: Engine): Promise<Record<string, string>> {
  const rows = await engine.rows<{ address: string; ended: string }>(
    sql`SELECT address, concat_ws(':', result, reason) AS ended FROM export.outcome ORDER BY address`,
  );
  return Object.fromEntries(rows.map(({ address, ended }) => [address, ended]));
}

export async function chunkStates(engine: Engine): Promise<string[]> {
  const rows = await engine.rows<{ state: string }>(sql`SELECT state FROM export.chunk ORDER BY chunk`);
  return rows.map(({ state }) => state);
}

function record(people: number): ExportRun {
  return {
    run: 'r1' as RunId,
    export: 'news' as ExportId,
    audience: 'account:aud1',
    audienceId: 'aud1',
    status: 'running',
    madeAt: '2026-11-24T06:00:00.000Z',
    startedAt: '2026-11-24T06:00:00.000Z',
    finishedAt: null,
    people: {
      desired: people,
      add: people,
      update: 0,
      unchanged: 0,
      keptOut: {},
      rejected: {},
      failed: {},
      leave: 0,
    },
    changes: { fields: 0, tag: 0, untag: 0, archive: 0 },
    requests: 0,
    retries: 0,
    seconds: 0,
    brake: null,
    warnings: [],
    tags: [{ segment: buyers, name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' }],
    leavers: 'archive',
    newContacts: 'subscribed',
    ground: '',
    requestedBy: 'test',
    limit: null,
    release: null,
    failure: null,
  };
}
