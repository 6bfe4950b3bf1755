import { inputError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { open, seal } from '../connections/seal.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { tablesIn } from '../engine/tables-in.ts';
import type { SuppressionKey } from './suppression-key.ts';
import { erasureTable, suppressionSchema } from './suppression-tables.ts';

/** How contacts leave an audience: archived ones keep their data there, deleted ones can never be imported again. */
export type RemovalKind = 'archive' | 'delete';

/** What became of the person's addresses in one audience. */
export interface AudienceErasure {
  connection: ConnectionId;
  /** Mailchimp's id of it. */
  audience: string;
  how: RemovalKind;
  /** Contacts that were taken out. */
  removed: number;
  /** Addresses the audience does not hold; those that are deleted for good look the same. */
  absent: number;
  /** Addresses that were archived before. */
  already: number;
  /** Why the audience is not done with; null: it is. */
  open: { code: string; message: string; hint?: string } | null;
}

/** What was found of the person in one place of this installation. */
export interface PlaceErasure {
  /** As in `source crm` or `journal`. */
  place: string;
  rows: number;
  /** Blanked rows stay for the counts of runs, with nothing of the person in them. */
  became: 'removed' | 'blanked';
}

/**
 * The receipt of an erasure. It names nobody: whoever has the address finds it by the digest, nobody else can
 * tell whose it is.
 */
export interface Erasure {
  erasure: string;
  /** `open`: an audience is not done with, or the process died; the same command goes on with it. */
  state: 'open' | 'done' | 'lifted';
  how: RemovalKind;
  by: string;
  why: string;
  /** ISO 8601. */
  startedAt: string;
  finishedAt: string | null;
  profiles: number;
  places: PlaceErasure[];
  /** Digests kept, by kind: addresses, records of sources, values that other rows point with. */
  suppressed: Record<string, number>;
  audiences: AudienceErasure[];
  lifted: { by: string; why: string; at: string } | null;
}

/**
 * Receipts and the audit last: a name in them would outlive the erasure.
 * @throws `input` / `reason_names_person`
 */
export function refuseNaming(addresses: readonly string[], words: { by: string; why: string }): void {
  const said = `${words.by}\n${words.why}`.toLowerCase();
  if (!addresses.some((address) => said.includes(address))) return;
  throw inputError(
    'reason_names_person',
    'The reason holds an address of the person, and it is kept for good.',
    'Refer to the request by its number or date.',
  );
}

/** The changes that write a receipt anew. While it is open, the addresses are kept beside it, sealed. */
export function writeErasure(key: SuppressionKey, record: Erasure, addresses: readonly string[]): Change[] {
  const sealed =
    record.state === 'open'
      ? seal(key.seal, JSON.stringify(addresses), `erasure ${record.erasure}`)
      : undefined;
  return [
    sql`DELETE FROM ${tableRef(erasureTable)} WHERE erasure = ${record.erasure}`,
    {
      into: erasureTable,
      columns: erasureTable.columns,
      rows: [
        [
          record.erasure,
          record.startedAt,
          JSON.stringify(record),
          sealed?.text ?? null,
          sealed?.keyId ?? null,
        ],
      ],
    },
  ];
}

/** The receipts with these ids, the newest first, with the addresses of those that are open. */
export async function readErasures(
  engine: Engine,
  key: SuppressionKey,
  ids: readonly string[],
): Promise<{ record: Erasure; addresses: string[] }[]> {
  if (ids.length === 0 || !(await tablesIn(engine, suppressionSchema)).has(erasureTable.table)) return [];
  const rows = await engine.rows<{
    erasure: string;
    body: string;
    work: string | null;
    work_key: string | null;
  }>(
    sql`SELECT erasure, body, work, work_key FROM ${tableRef(erasureTable)}
      WHERE list_contains(${ids}, erasure) ORDER BY "at" DESC, erasure DESC`,
  );
  return rows.map(({ erasure, body, work, work_key: keyId }) => ({
    record: JSON.parse(body) as Erasure,
    addresses:
      work === null
        ? []
        : (JSON.parse(open(key.seal, { text: work, keyId: keyId ?? '' }, `erasure ${erasure}`)) as string[]),
  }));
}
