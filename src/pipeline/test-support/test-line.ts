import { createSecretKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'csv-stringify/sync';
import { systemClock, type Clock } from '../../base/clock.ts';
import type { ConnectionId, ExportId, SegmentId, SourceId } from '../../base/ids.ts';
import { secretKeyOf } from '../../connections/seal.ts';
import { mailchimpDestination } from '../../delivery/mailchimp/mailchimp-destination.ts';
import { openMailchimpClient } from '../../delivery/mailchimp/open-mailchimp-client.ts';
import { openDuckdb } from '../../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../../engine/engine.ts';
import { exportConfig } from '../../exports/export-config.ts';
import { ensureExportTables } from '../../exports/export-tables.ts';
import type { ExportRun } from '../../exports/plan.ts';
import { accountedFor } from '../../exports/plan.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { segmentConfig } from '../../segments/segment-config.ts';
import { suppressionKeyOf } from '../../suppression/suppression-key.ts';
import { sourceConfig } from '../../sources/source-config.ts';
import { unifyConfig } from '../../unify/unify-config.ts';
import { leasesInProcess, type AccountLease } from '../account-lease.ts';
import type { PipelineParts } from '../pipeline-parts.ts';
import { silent } from '../progress.ts';
import { refresh } from '../refresh.ts';
import { makePlan, releaseRun, runExport } from '../run-export.ts';
import type { Settings } from '../settings.ts';

/** A row of the one source of a test. */
export interface TestPerson {
  id: string;
  email: string;
  first?: string;
  last?: string;
  /** In the segment "Buyers" when `yes`. */
  buyer?: string;
  city?: string;
}

export const audienceId = 'aud1';
const exportId = 'news' as ExportId;

/**
 * The whole line over a real engine and a sandbox Mailchimp: people in a CSV file, two segments ("Everyone" and
 * "Buyers"), one export with FNAME, LNAME and CITY.
 */
export class TestLine {
  readonly sandbox: Sandbox;
  readonly engine: Engine;
  readonly folder: string;
  settings: Settings;
  clock: Clock = systemClock;
  deadlineMs = 200;
  freshMs = 60_000;
  said: string[] = [];
  pauses: Awaited<ReturnType<PipelineParts['pauses']>> = new Map();
  readonly leases = leasesInProcess();
  suppressionKey = suppressionKeyOf(secretKeyOf(createSecretKey(Buffer.alloc(32, 7))));

  private constructor(sandbox: Sandbox, engine: Engine, folder: string, settings: Settings) {
    this.sandbox = sandbox;
    this.engine = engine;
    this.folder = folder;
    this.settings = settings;
  }

  static async open(exportOptions: Record<string, unknown> = {}): Promise<TestLine> {
    const sandbox = await startSandbox();
    sandbox.control.createAudience({
      id: audienceId,
      name: 'Test audience',
      mergeFields: [
        { tag: 'CITY', name: 'City', type: 'text' },
        { tag: 'VISITS', name: 'Visits', type: 'number' },
      ],
    });
    const engine = await openDuckdb({ path: ':memory:' });
    await ensureExportTables(engine);
    const folder = mkdtempSync(join(tmpdir(), 'postrider-line-'));
    return new TestLine(sandbox, engine, folder, settingsIn(folder, exportOptions));
  }

  /** Other choices for the export, everything else as it was. */
  configure(exportOptions: Record<string, unknown>): void {
    this.settings = { ...this.settings, exports: exportsOf(exportOptions) };
  }

  rename(segment: string, name: string): void {
    const segments = new Map(this.settings.segments);
    const config = segments.get(segment as SegmentId);
    if (config !== undefined) segments.set(segment as SegmentId, { ...config, name });
    this.settings = { ...this.settings, segments };
  }

  parts(engine: Engine = this.engine): PipelineParts {
    const { sandbox, clock, deadlineMs } = this;
    return {
      engine,
      settings: this.settings,
      settingsNow: () => Promise.resolve(this.settings),
      clock,
      leases: this.leases,
      maxRequests: 8,
      deadlineMs,
      freshMs: this.freshMs,
      pauses: () => Promise.resolve(this.pauses),
      scratch: this.folder,
      env: {},
      suppressionKey: this.suppressionKey,
      progress: { ...silent, say: (message) => this.said.push(message) },
      openDestination: () =>
        Promise.resolve(
          mailchimpDestination(
            openMailchimpClient({ apiRoot: sandbox.apiRoot, token: sandbox.apiKey, deadlineMs, clock }),
          ),
        ),
    };
  }

  /** What the file holds from now on, through to the segments. */
  async people(people: readonly TestPerson[]): Promise<void> {
    const columns = ['id', 'email', 'first', 'last', 'buyer', 'city'];
    writeFileSync(
      join(this.folder, 'people.csv'),
      stringify(
        people.map((each) => ({ ...each })),
        { header: true, columns },
      ),
    );
    await refresh(this.parts(), { until: 'segments', by: 'test', signal: new AbortController().signal });
  }

  plan(options: { limit?: number } = {}): Promise<ExportRun> {
    return makePlan(this.parts(), exportId, { by: 'test', ...options });
  }

  async run(
    options: { limit?: number; plan?: string; signal?: AbortSignal; engine?: Engine } = {},
  ): Promise<ExportRun> {
    const { engine, ...rest } = options;
    return counted(
      await runExport(this.parts(engine), exportId, {
        by: 'test',
        signal: new AbortController().signal,
        ...rest,
      }),
    );
  }

  async release(run: string, why = 'a test says so'): Promise<ExportRun> {
    return counted(
      await releaseRun(this.parts(), run, { by: 'test', why, signal: new AbortController().signal }),
    );
  }

  /** Takes the account's lease, so that whatever wants to run waits. */
  async holdAccount(): Promise<AccountLease> {
    const destination = await this.parts().openDestination('account' as ConnectionId);
    const { id } = await destination.account();
    await destination.close();
    return this.leases.acquire(id, () => undefined);
  }

  /** Resolves when somebody waits for the account. */
  async somebodyWaits(): Promise<void> {
    while (!this.said.some((message) => message.startsWith('Waiting'))) await sleep(5);
  }

  /** What the audience holds, by address: status, non-blank fields, tags. */
  audience(): Record<string, { status: string; fields: Record<string, unknown>; tags: string[] }> {
    const { members } = this.sandbox.control.audienceState({ audience: audienceId, count: 10_000 });
    return Object.fromEntries(
      members.map((member) => [
        member.address.toLowerCase(),
        {
          status: member.status,
          fields: Object.fromEntries(Object.entries(member.mergeFields).filter(([, value]) => value !== '')),
          tags: member.tags,
        },
      ]),
    );
  }

  seed(...members: Parameters<Sandbox['control']['seedMembers']>[0]['members']): void {
    this.sandbox.control.seedMembers({ audience: audienceId, members });
  }

  act(address: string, act: Parameters<Sandbox['control']['act']>[0]['act']): void {
    this.sandbox.control.act({ audience: audienceId, address, act });
  }

  /** Requests that changed or could have changed something, since the last call of this. */
  writes(): number {
    const { writes } = this.sandbox.control.counters();
    this.sandbox.control.resetCounters();
    return writes;
  }

  async close(): Promise<void> {
    await this.engine.close();
    await this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** A run whose people do not add up fails whatever test made it (promise 7). */
function counted(run: ExportRun): ExportRun {
  if (run.status !== 'running' && accountedFor(run.people) !== run.people.desired) {
    throw new Error(`people do not add up: ${JSON.stringify(run.people)}`);
  }
  return run;
}

function settingsIn(folder: string, exportOptions: Record<string, unknown>): Settings {
  const everybody = { combinator: 'and', rules: [] };
  const buyers = { combinator: 'and', rules: [{ field: 'buyer', operator: '=', value: 'yes' }] };
  return {
    folder,
    sources: new Map([
      [
        'people' as SourceId,
        sourceConfig.parse({
          type: 'csv',
          path: 'people.csv',
          key: 'id',
          columns: Object.fromEntries(
            ['id', 'email', 'first', 'last', 'buyer', 'city'].map((column) => [column, { type: 'text' }]),
          ),
        }),
      ],
    ]),
    unify: unifyConfig.parse({
      sources: [
        {
          source: 'people',
          attributes: {
            email: 'email',
            first_name: 'first',
            last_name: 'last',
            buyer: 'buyer',
            city: 'city',
          },
        },
      ],
    }),
    relationships: new Map(),
    segments: new Map([
      ['everyone' as SegmentId, segmentConfig.parse({ name: 'Everyone', rules: everybody })],
      ['buyers' as SegmentId, segmentConfig.parse({ name: 'Buyers', rules: buyers })],
    ]),
    connections: new Map([
      [
        'account' as ConnectionId,
        { type: 'mailchimp', sharedWith: [], consent: { agreedBy: 'test', date: '2026-11-24', text: 'v1' } },
      ],
    ]),
    exports: exportsOf(exportOptions),
    doNotSend: undefined,
    schedule: undefined,
  };
}

function exportsOf(options: Record<string, unknown>): Settings['exports'] {
  const config = exportConfig.parse({
    connection: 'account',
    audience: audienceId,
    match: { email: 'email' },
    attributes: { FNAME: 'first_name', LNAME: 'last_name', CITY: 'city' },
    segments: ['everyone', 'buyers'],
    limits: { leavers: '100%' },
    ...options,
  });
  return new Map([[exportId, config]]);
}
