import { alertTarget } from '../alerts/alert-channels.ts';
import { permissions } from '../access/permission.ts';
import { roles } from '../access/role.ts';
import { languages } from '../access/users.ts';
import type { ColumnType } from '../engine/engine.ts';
import { storedExport } from '../exports/export-config.ts';
import { retentionConfig } from '../exports/retention.ts';
import { stages } from '../pipeline/refresh.ts';
import { computedAttributeConfig } from '../segments/computed-attribute-config.ts';
import { relationshipConfig } from '../segments/relationship-config.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { sourceConfig } from '../sources/source-config.ts';
import { unifyConfig } from '../unify/unify-config.ts';
import { scheduleConfig } from '../workspace/workspace-file.ts';

/** Of columns, as lists of fields show them. */
export const columnTypes = [
  'text',
  'integer',
  'number',
  'boolean',
  'date',
  'time',
  'texts',
] as const satisfies readonly ColumnType[];

/** The words that shells take and show: each has one place, which is the stage's own. */
export { alertTarget, languages, permissions, roles, stages };

/** What can be edited one by one, as under its id in a workspace file. */
export const itemSchemas = {
  source: sourceConfig,
  relationship: relationshipConfig,
  computed: computedAttributeConfig,
  segment: segmentConfig,
  export: storedExport,
  unify: unifyConfig,
  schedule: scheduleConfig,
  retention: retentionConfig,
} as const;
