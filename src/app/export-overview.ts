import { allows } from '../access/identity.ts';
import type { ExportId, SegmentId } from '../base/ids.ts';
import type { ConnectionSettings } from '../connections/connection-config.ts';
import type { StoredExport } from '../exports/export-config.ts';
import { previewExportSize } from '../exports/preview-size.ts';
import { proposeMatching, type MatchingProposal } from '../exports/propose-matching.ts';
import { everything, segmentOf } from '../pipeline/pipeline-parts.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { listPauses } from '../store/export-states.ts';
import { lastRunHeaders, type RunHeader } from '../store/run-headers.ts';
import { listItems, type WorkspaceItem } from '../store/workspace-items.ts';
import { isOver, type Task } from '../work/task.ts';
import { lastRunTasks, unfinishedTasks } from '../work/tasks.ts';
import type { AppGround } from './app-ground.ts';
import { refreshesAhead, runsAhead } from './appointments.ts';
import { itemEtag, knownItem } from './item-state.ts';
import { reaches } from './permitted-actions.ts';
import { processingRecordOf, type ProcessingRecord } from './processing-record.ts';

/** An export as the list of them shows it: how *its own* last run ended, not that of whatever ran last. */
export interface ListedExport {
  id: string;
  name: string;
  connection: { id: string; name: string } | null;
  audience: string;
  segments: string[];
  schedule: 'refresh' | 'off' | 'own';
  /** When it runs by itself next. */
  next: Date | null;
  paused: { by: string; reason: string; at: Date } | null;
  /** What whoever asks may do with it. */
  permissions: { look: boolean; lookAtPeople: boolean; edit: boolean; run: boolean };
  last: LastRun | null;
  /** What waits or goes on. */
  task: Task | null;
  updatedAt: Date;
  etag: string;
}

export interface LastRun {
  /** Null when it was not even tried. */
  run: string | null;
  status: string;
  at: Date;
  seconds: number | null;
  requestedBy: string;
  problem: { code: string; message: string } | null;
}

export interface SizeAhead {
  segments: { segment: string; members: number | null }[];
  /** Distinct people with a usable address. */
  people: number;
}

/** Exports as somebody sees them who looks at all of them, or makes a new one. */
export interface ExportOverviewActions {
  exports(): Promise<ListedExport[]>;
  export(id: string): Promise<ListedExport>;
  processingRecord(id: string): Promise<ProcessingRecord>;
  /** Which attributes to map, with how many people have them. */
  proposeMatching(): Promise<MatchingProposal>;
  /** How many people an export of these segments would want. */
  sizeAhead(choice: Pick<StoredExport, 'match' | 'segments' | 'exclude'>): Promise<SizeAhead>;
}

export function exportOverviewActions(ground: AppGround): ExportOverviewActions {
  const { store, engine, clock, who, parts } = ground;
  const { db } = store;
  const known = (id: string) => knownItem(db, { kind: 'export', id });

  async function listed(items: readonly WorkspaceItem[]): Promise<ListedExport[]> {
    const { settings } = await parts();
    const connections = new Map((await listItems(db, 'connection')).map((item) => [item.id, item]));
    const pauses = await listPauses(db);
    const headers = new Map((await lastRunHeaders(db)).map((header) => [String(header.export), header]));
    const tasks = new Map((await lastRunTasks(db)).map((task) => [task.subject, task]));
    const waiting = (await unfinishedTasks(db)).filter(
      ({ kind }) => kind !== 'refresh' && kind !== 'segment',
    );
    const schedule = { settings, now: clock.now() };
    const refreshes = refreshesAhead(schedule);
    return items.map((item) => {
      const { id, name, updatedAt } = item;
      const config = item.body as StoredExport;
      const connection = connections.get(config.connection ?? '');
      // Nothing goes anywhere without a connection.
      const reached =
        config.connection === null || reaches(who, connection?.body as Partial<ConnectionSettings>);
      const ahead = runsAhead(schedule, config.schedule, refreshes);
      return {
        id,
        name,
        connection:
          config.connection === null
            ? null
            : { id: config.connection, name: connection?.name ?? config.connection },
        audience: config.audience,
        segments: [...config.segments],
        schedule: ahead.schedule,
        next: ahead.next[0] ?? null,
        paused: pauses.get(id as ExportId) ?? pauses.get(everything as ExportId) ?? null,
        permissions: {
          look: allows(who, 'look'),
          lookAtPeople: allows(who, 'look.people'),
          edit: reached && allows(who, 'exports.edit'),
          run: reached && allows(who, 'exports.run'),
        },
        last: lastOf(headers.get(id), tasks.get(id)),
        task: waiting.find(({ subject }) => subject === id) ?? null,
        updatedAt,
        etag: itemEtag(item),
      };
    });
  }

  return {
    exports: async () => listed(await listItems(db, 'export')),
    export: async (id) => {
      const [found] = await listed([await known(id)]);
      if (found === undefined) throw new Error('an export that is known is not listed');
      return found;
    },
    processingRecord: async (id) => processingRecordOf(ground, await known(id)),
    proposeMatching: async () => proposeMatching(engine),
    sizeAhead: async ({ match, segments, exclude }) => {
      const { settings } = await parts();
      const chosen = segments.map((id) => segmentOf(settings, id));
      const left = exclude.map((id) => segmentOf(settings, id));
      const sizes = new Map((await segmentSizes(engine)).map(({ segment, members }) => [segment, members]));
      const everybody = {
        profile: { schema: 'profile', table: 'profile' },
        member: { schema: 'segment', table: 'member' },
      };
      return {
        segments: chosen.map((segment: SegmentId) => ({ segment, members: sizes.get(segment) ?? null })),
        // Before segments were found for the first time there is nobody to count, and nowhere to look.
        people:
          sizes.size === 0
            ? 0
            : await previewExportSize(engine, { match, segments: chosen, exclude: left }, everybody),
      };
    },
  };
}

function lastOf(header: RunHeader | undefined, task: Task | undefined): LastRun | null {
  const atOf = (each: RunHeader) => each.startedAt ?? each.createdAt;
  // What was not even tried has no run; what was tried and could not begin has none either.
  const withoutRun =
    task !== undefined && isOver(task) && task.result?.run === undefined && task.status !== 'cancelled';
  if (withoutRun && (header === undefined || task.createdAt > atOf(header))) {
    const { status, requestedBy, problem, finishedAt, createdAt } = task;
    return {
      run: null,
      status,
      at: finishedAt ?? createdAt,
      seconds: null,
      requestedBy,
      problem: problem === undefined ? null : { code: problem.code, message: problem.message },
    };
  }
  if (header === undefined) return null;
  const { failure } = header.summary as { failure: { code: string; message: string } | null };
  const seconds =
    header.startedAt === undefined || header.finishedAt === undefined
      ? null
      : (header.finishedAt.getTime() - header.startedAt.getTime()) / 1000;
  return {
    run: header.id,
    status: header.status,
    at: atOf(header),
    seconds,
    requestedBy: header.requestedBy,
    problem: failure ?? header.brake ?? null,
  };
}
