import type { ExportId } from '../base/ids.ts';
import type { Database } from './tables.ts';

/** A paused export is planned and run by nobody, neither the schedule nor a person, until it is resumed. */
export interface Pause {
  at: Date;
  by: string;
  reason: string;
}

/** Pauses an export. One that is paused already keeps its first pause, whose reason still holds. */
export async function pauseExport(db: Database, id: ExportId, pause: Pause): Promise<void> {
  const columns = { paused_at: pause.at, paused_by: pause.by, pause_reason: pause.reason };
  await db
    .insertInto('export_state')
    .values({ export: id, ...columns })
    .onConflict((conflict) =>
      conflict.column('export').doUpdateSet(columns).where('export_state.paused_at', 'is', null),
    )
    .execute();
}

/** @returns whether it was paused */
export async function resumeExport(db: Database, id: ExportId): Promise<boolean> {
  const result = await db
    .updateTable('export_state')
    .set({ paused_at: null, paused_by: null, pause_reason: null })
    .where('export', '=', id)
    .where('paused_at', 'is not', null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** The pauses that hold now, by export. */
export async function listPauses(db: Database): Promise<Map<ExportId, Pause>> {
  const rows = await db.selectFrom('export_state').selectAll().where('paused_at', 'is not', null).execute();
  return new Map(
    rows.map((row) => [
      row.export as ExportId,
      { at: row.paused_at as Date, by: row.paused_by ?? '', reason: row.pause_reason ?? '' },
    ]),
  );
}
