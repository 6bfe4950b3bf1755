import type { Clock } from '../base/clock.ts';
import { inputError } from '../base/errors.ts';
import type { ConnectionId, ExportId, SegmentId, SourceId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import type { Progress } from './progress.ts';
import type { Settings } from './settings.ts';

/** What the pipeline works with; `app.ts` joins it. */
export interface PipelineParts {
  engine: Engine;
  settings: Settings;
  clock: Clock;
  /** Opens the account of a connection; the pipeline closes it. */
  openDestination(connection: ConnectionId): Promise<Destination>;
  /** Requests in flight per account. */
  maxRequests: number;
  /** After this long a request that was cut off is over at the server. */
  deadlineMs: number;
  /** How old the read of who has left may be when a chunk is sent (promise 1). */
  freshMs: number;
  progress: Progress;
  /** Why exports must not run now, by export; `everything` stops all of them. */
  pauses: ReadonlyMap<ExportId | typeof everything, string>;
  /** Where copies of source files may lie while they are read: people's data, so not in a folder for everybody. */
  scratch: string;
}

/** The stop-all switch's place among the pauses. */
export const everything = '*';

/** Why an export must not run now, or undefined. */
export function pauseOf(parts: PipelineParts, id: ExportId): string | undefined {
  return parts.pauses.get(everything) ?? parts.pauses.get(id);
}

/** The export with this id, or an `input` error that suggests one. */
export function exportOf(settings: Settings, id: string): { id: ExportId; config: ExportConfig } {
  const config = settings.exports.get(id as ExportId);
  if (config !== undefined) return { id: id as ExportId, config };
  throw inputError(
    'export_unknown',
    `There is no export "${id}".`,
    suggestName(id, [...settings.exports.keys()]),
  );
}

/** The source with this id, or an `input` error that suggests one. */
export function sourceOf(settings: Settings, id: string): SourceId {
  if (settings.sources.has(id as SourceId)) return id as SourceId;
  throw inputError(
    'source_unknown',
    `There is no source "${id}".`,
    suggestName(id, [...settings.sources.keys()]),
  );
}

/** The segment with this id, or an `input` error that suggests one. */
export function segmentOf(settings: Settings, id: string): SegmentId {
  if (settings.segments.has(id as SegmentId)) return id as SegmentId;
  throw inputError(
    'segment_unknown',
    `There is no segment "${id}".`,
    suggestName(id, [...settings.segments.keys()]),
  );
}

/** What people call a segment: its tag is named so too. */
export function segmentName(settings: Settings, segment: SegmentId): string {
  return settings.segments.get(segment)?.name ?? segment;
}

/** The ledger's key of an audience: the same list under two connections is two ledgers. */
export function audienceKey(config: Pick<ExportConfig, 'connection' | 'audience'>): string {
  return `${config.connection}:${config.audience}`;
}
