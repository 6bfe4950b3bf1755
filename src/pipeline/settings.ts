import type { ScheduleTimes } from '../base/schedule-times.ts';
import type { ConnectionId, ExportId, SegmentId, SourceId } from '../base/ids.ts';
import type { ConnectionConfig } from '../connections/connection-config.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import type { RetentionConfig } from '../exports/retention.ts';
import type { ComputedAttributeConfig } from '../segments/computed-attribute-config.ts';
import type { RelationshipConfig } from '../segments/relationship-config.ts';
import type { SegmentConfig } from '../segments/segment-config.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import type { UnifyConfig } from '../unify/unify-config.ts';

/** What the workspace says, as the stages need it: parsed, with defaults, by id. */
export interface Settings {
  /** Where relative paths of sources begin. */
  folder: string;
  sources: ReadonlyMap<SourceId, SourceConfig>;
  unify: UnifyConfig | undefined;
  relationships: ReadonlyMap<string, RelationshipConfig>;
  /** Absent where there are none. */
  computed?: ReadonlyMap<string, ComputedAttributeConfig>;
  segments: ReadonlyMap<SegmentId, SegmentConfig>;
  /** Without secrets. */
  connections: ReadonlyMap<ConnectionId, Omit<ConnectionConfig, 'apiKey'>>;
  exports: ReadonlyMap<ExportId, ExportConfig>;
  /** Exports that have no connection any more; absent where there are none. */
  detached?: ReadonlySet<ExportId>;
  /** Path of the do-not-send list, relative to `folder`. */
  doNotSend: string | undefined;
  schedule: ({ timeZone: string; on?: boolean | undefined } & ScheduleTimes) | undefined;
  /** How long the people of runs are kept. */
  retention?: RetentionConfig | undefined;
}

/** The time zone in which times of day are meant. */
export function zoneOf({ schedule }: Pick<Settings, 'schedule'>): string {
  return schedule?.timeZone ?? 'UTC';
}
