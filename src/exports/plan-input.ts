import type { ExportId, RunId } from '../base/ids.ts';
import type { Column } from '../engine/engine.ts';
import type { ExportConfig } from './export-config.ts';
import type { FieldMapping } from './field-value.ts';
import type { PlannedTag } from './plan.ts';

/** What a plan is made from, beside the tables of people, facts and ledger. */
export interface PlanInput {
  run: RunId;
  export: ExportId;
  audience: string;
  config: Pick<ExportConfig, 'segments' | 'exclude' | 'leavers' | 'newContacts'>;
  /** The attribute with the address, and its type. */
  email: Column;
  fields: readonly FieldMapping[];
  /** Tags of this audience that are or were ours, and those to be made. */
  tags: readonly PlannedTag[];
  /** A canary: at most this many people are added or changed, and nobody leaves. */
  limit?: number;
}
