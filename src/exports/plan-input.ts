import type { ExportId, RunId } from '../base/ids.ts';
import type { Column } from '../engine/engine.ts';
import type { Suppression } from '../suppression/suppression-list.ts';
import type { ExportConfig } from './export-config.ts';
import type { FieldMapping } from './field-mapping.ts';
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
  /** The attribute that says whether somebody new may be sent; absent: everybody may. */
  consent?: Column;
  /** Tags of this audience that are or were ours, and those to be made. */
  tags: readonly PlannedTag[];
  /** Erased people, who are wanted nowhere; absent: there are none. */
  erased?: Suppression;
  /** When the plan is made, ISO 8601: whom to try again by then. Absent: nobody. */
  now?: string;
  /** A canary: at most this many people are added or changed, and nobody leaves. */
  limit?: number;
}
