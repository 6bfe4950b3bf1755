import { allows } from '../access/identity.ts';
import { etagOf } from '../base/etag.ts';
import type { ConnectionId, ExportId, SegmentId } from '../base/ids.ts';
import { nextTimes } from '../base/schedule-times.ts';
import type { StoredExport } from '../exports/export-config.ts';
import { attributesOf, fieldChoices } from '../exports/field-choice.ts';
import type { ExportRun } from '../exports/plan.ts';
import { previewExportSize } from '../exports/preview-size.ts';
import { proposeMatching, type MatchingProposal } from '../exports/propose-matching.ts';
import { segmentName, segmentOf } from '../pipeline/pipeline-parts.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { listPauses } from '../store/export-states.ts';
import { lastRunHeaders, runHeaderPage } from '../store/run-headers.ts';
import { listItems } from '../store/workspace-items.ts';
import { isOver, type Task } from '../work/task.ts';
import { lastRunTasks, unfinishedTasks } from '../work/tasks.ts';
import type { AppGround } from './app-ground.ts';
import { exportTimes, isOn } from './appointments.ts';
import { reachesExport } from './permitted-actions.ts';

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

/** Which data of people an export hands over, on whose word, and when it did: for a record of processing. */
export interface ProcessingRecord {
  export: string;
  name: string;
  connection: { id: string; name: string } | null;
  /** Mailchimp's id. */
  audience: string;
  /** Who agreed that data are sent there, when, and to which text. */
  consent: { agreedBy: string; date: string; text: string } | null;
  /** Merge field and attribute; the address itself is `EMAIL`. */
  fields: { field: string; attribute: string; sensitive: boolean }[];
  /** Whose people are sent, and by what name as a tag. */
  segments: { segment: string; name: string }[];
  /** The newest hundred. */
  runs: { run: string; at: Date; by: string; status: string; people: number }[];
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

export function exportOverviewActions(
  ground: AppGround,
  known: (id: string) => Promise<unknown>,
): ExportOverviewActions {
  const { store, engine, clock, who, parts } = ground;
  const { db } = store;

  async function listed(): Promise<ListedExport[]> {
    const { settings } = await parts();
    const connections = new Map((await listItems(db, 'connection')).map(({ id, name }) => [id, name]));
    const pauses = await listPauses(db);
    const headers = new Map((await lastRunHeaders(db)).map((header) => [String(header.export), header]));
    const tasks = new Map((await lastRunTasks(db)).map((task) => [task.subject, task]));
    const waiting = (await unfinishedTasks(db)).filter(
      ({ kind }) => kind !== 'refresh' && kind !== 'segment',
    );
    const zone = settings.schedule?.timeZone ?? 'UTC';
    const next = (times: Parameters<typeof nextTimes>[0]) =>
      nextTimes(times, zone, clock.now(), 1)[0] ?? null;
    const exports: ListedExport[] = [];
    for (const { id, name, body, updatedAt, kind } of await listItems(db, 'export')) {
      const { connection, audience, segments, schedule } = body as StoredExport;
      const own = exportTimes(schedule);
      const reached = await reachesExport(ground, id);
      const withRefresh = isOn(settings) && settings.schedule !== undefined ? next(settings.schedule) : null;
      exports.push({
        id,
        name,
        connection:
          connection === null ? null : { id: connection, name: connections.get(connection) ?? connection },
        audience,
        segments: [...segments],
        schedule: own === undefined ? ((schedule as 'refresh' | 'off' | undefined) ?? 'refresh') : 'own',
        next: own === undefined ? (schedule === 'off' ? null : withRefresh) : next(own),
        paused: pauses.get(id as never) ?? pauses.get('*' as never) ?? null,
        permissions: {
          look: allows(who, 'look'),
          lookAtPeople: allows(who, 'look.people'),
          edit: reached && allows(who, 'exports.edit'),
          run: reached && allows(who, 'exports.run'),
        },
        last: lastOf(headers.get(id), tasks.get(id)),
        task: waiting.find(({ subject }) => subject === id) ?? null,
        updatedAt,
        etag: etagOf(kind, id, body, updatedAt),
      });
    }
    return exports;
  }

  return {
    exports: listed,
    export: async (id) => {
      const found = (await listed()).find((each) => each.id === id);
      if (found === undefined) await known(id);
      return found as ListedExport;
    },
    processingRecord: async (id) => {
      const item = (await listItems(db, 'export')).find((each) => each.id === id);
      if (item === undefined) await known(id);
      const config = item?.body as StoredExport;
      const { settings } = await parts();
      const connection = settings.connections.get(config.connection as ConnectionId);
      const sensitive = new Set(settings.unify?.sensitive);
      const { items } = await runHeaderPage(db, { export: id as ExportId, limit: 100 });
      const mapped = fieldChoices(config).flatMap((field) =>
        attributesOf(field).map(({ attribute }) => ({ field: field.tag, attribute })),
      );
      return {
        export: id,
        name: item?.name ?? id,
        connection:
          config.connection === null
            ? null
            : { id: config.connection, name: connection?.name ?? config.connection },
        audience: config.audience,
        consent: connection?.consent ?? null,
        fields: [{ field: 'EMAIL', attribute: config.match.email }, ...mapped].map((field) => ({
          ...field,
          sensitive: sensitive.has(field.attribute),
        })),
        segments: config.segments.map((segment) => ({
          segment,
          name: segmentName(settings, segment as SegmentId),
        })),
        runs: items
          .filter(({ startedAt }) => startedAt !== undefined)
          .map((header) => ({
            run: header.id,
            at: header.startedAt ?? header.createdAt,
            by: header.requestedBy,
            status: header.status,
            people: (header.summary as ExportRun).people.desired,
          })),
      };
    },
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
        people: await previewExportSize(engine, { match, segments: chosen, exclude: left }, everybody),
      };
    },
  };
}

function lastOf(
  header: Awaited<ReturnType<typeof lastRunHeaders>>[number] | undefined,
  task: Task | undefined,
): LastRun | null {
  const atOf = (each: NonNullable<typeof header>) => each.startedAt ?? each.createdAt;
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
