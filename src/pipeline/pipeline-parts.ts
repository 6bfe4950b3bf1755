import type { Clock } from '../base/clock.ts';
import { inputError, PostriderError } from '../base/errors.ts';
import type { ConnectionId, ExportId, SegmentId, SourceId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { audienceOfKey } from '../exports/audience-key.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import type { ExportRun } from '../exports/plan.ts';
import type { CancelRequests } from '../store/cancel-requests.ts';
import type { SuppressionKey } from '../suppression/suppression-key.ts';
import type { AccountLeases } from './account-lease.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

/** What the pipeline works with; `app.ts` joins it. */
export interface PipelineParts {
  engine: Engine;
  /** As they were when the work began. */
  settings: Settings;
  /** As they are in this moment: whoever waited for a turn asks anew before sending (`atPresent`). */
  settingsNow(): Promise<Settings>;
  clock: Clock;
  /** Opens the account of a connection; the pipeline closes it. */
  openDestination(connection: ConnectionId): Promise<Destination>;
  /** One run per account at a time. */
  leases: AccountLeases;
  /** Requests in flight per account. */
  maxRequests: number;
  /** After this long a request that was cut off is over at the server. */
  deadlineMs: number;
  /** How old the read of who has left may be when a chunk is sent (promise 1). */
  freshMs: number;
  progress: Progress;
  /** Why exports must not run now, by export; `everything` stops all of them. Asked anew each time: a run may wait long for its turn. */
  pauses(): Promise<ReadonlyMap<ExportId | typeof everything, string>>;
  /**
   * In whose name a connection sends, where somebody was named; asked anew each time.
   * @throws `configuration` / `export_user_missing` when that person may not any more
   */
  exportUser?(connection: ConnectionId): Promise<string | undefined>;
  /** Knows erased people again, by digests alone (promise 12). */
  suppressionKey: SuppressionKey;
  /** What other processes ask to be cancelled; absent where nobody else can ask. */
  cancelRequests?: CancelRequests;
  /** Where copies of source files may lie while they are read: people's data, so not in a folder for everybody. */
  scratch: string;
  /** What addresses of databases refer to. */
  env: Readonly<Record<string, string | undefined>>;
}

/** Opens the account of a connection for as long as the work takes. */
export async function withDestination<Result>(
  parts: Pick<PipelineParts, 'openDestination'>,
  connection: ConnectionId,
  work: (destination: Destination) => Promise<Result>,
): Promise<Result> {
  const destination = await parts.openDestination(connection);
  try {
    return await work(destination);
  } finally {
    await destination.close();
  }
}

/** The same parts with the settings of this moment. */
export async function atPresent(parts: PipelineParts): Promise<PipelineParts> {
  return { ...parts, settings: await parts.settingsNow() };
}

/** The stop-all switch's place among the pauses. */
export const everything = '*';

/** Why an export must not run now, or undefined. */
export async function pauseOf(parts: PipelineParts, id: ExportId): Promise<string | undefined> {
  const pauses = await parts.pauses();
  return pauses.get(everything) ?? pauses.get(id);
}

/** The export with this id, or an `input` error that suggests one. */
export function exportOf(settings: Settings, id: string): { id: ExportId; config: ExportConfig } {
  if (settings.detached?.has(id as ExportId)) {
    throw new PostriderError({
      kind: 'configuration',
      code: 'export_detached',
      message: `The export "${id}" has no connection.`,
      hint: 'Give it one: Data › Exports › Edit, or exports.<id>.connection in the workspace file.',
    });
  }
  const known = idIn(settings.exports, 'export', id);
  return { id: known, config: settings.exports.get(known) as ExportConfig };
}

/** The id of an export that is there, with a connection or without, or an `input` error that suggests one. */
export function exportIdOf(settings: Settings, id: string): ExportId {
  return settings.detached?.has(id as ExportId) ? (id as ExportId) : idIn(settings.exports, 'export', id);
}

/** The source with this id, or an `input` error that suggests one. */
export function sourceOf(settings: Settings, id: string): SourceId {
  return idIn(settings.sources, 'source', id);
}

/** The segment with this id, or an `input` error that suggests one. */
export function segmentOf(settings: Settings, id: string): SegmentId {
  return idIn(settings.segments, 'segment', id);
}

function idIn<Id extends string>(known: ReadonlyMap<Id, unknown>, sort: string, id: string): Id {
  if (known.has(id as Id)) return id as Id;
  throw inputError(`${sort}_unknown`, `There is no ${sort} "${id}".`, suggestName(id, [...known.keys()]));
}

/** What people call a segment: its tag is named so too. */
export function segmentName(settings: Settings, segment: SegmentId): string {
  return settings.segments.get(segment)?.name ?? segment;
}

/** The connection through which a run goes, whatever its export says by now. */
export function connectionOf(run: Pick<ExportRun, 'audience'>): ConnectionId {
  return audienceOfKey(run.audience).connection;
}
