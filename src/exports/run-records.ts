import { inputError } from '../base/errors.ts';
import type { ExportId, RunId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { nothing, sql, type Sql } from '../engine/sql.ts';
import { exported, notUndone, planCount, planPerson, ref, run as runTable } from './export-tables.ts';
import type { ExportRun, RunStatus } from './plan.ts';

/** The changes that write a run's record anew; put them into the commit they belong to. */
export function writeRun(record: ExportRun): Change[] {
  return [
    sql`DELETE FROM ${ref(runTable)} WHERE run = ${record.run}`,
    {
      into: runTable,
      columns: runTable.columns,
      rows: [
        [
          record.run,
          record.export,
          record.audience,
          record.status,
          record.madeAt,
          record.startedAt,
          record.finishedAt,
          JSON.stringify(record),
        ],
      ],
    },
  ];
}

export async function readRun(engine: Engine, run: string): Promise<ExportRun> {
  const [found] = await readRuns(engine, sql`WHERE run = ${run}`);
  if (found !== undefined) return found;
  throw inputError('run_unknown', `There is no run "${run}".`, 'See the runs with: postrider runs');
}

/**
 * The runs of whatever state, the newest first: plans that nobody carried out are among them.
 * @param filter without `limit`: all of them
 */
export function listRuns(
  engine: Engine,
  filter: { export?: ExportId; status?: RunStatus; limit?: number } = {},
): Promise<ExportRun[]> {
  const byExport = filter.export === undefined ? sql`TRUE` : sql`export = ${filter.export}`;
  const byStatus = filter.status === undefined ? sql`TRUE` : sql`status = ${filter.status}`;
  return readRuns(
    engine,
    sql`WHERE ${byExport} AND ${byStatus} ORDER BY made_at DESC, run DESC
      ${filter.limit === undefined ? nothing : sql`LIMIT ${filter.limit}`}`,
  );
}

/** Of an export's runs the one that came to its start last, whatever became of it. */
export async function lastBegunRun(engine: Engine, exportId: ExportId): Promise<ExportRun | undefined> {
  const [last] = await readRuns(
    engine,
    sql`WHERE export = ${exportId} AND started_at IS NOT NULL ORDER BY started_at DESC, run DESC LIMIT 1`,
  );
  return last;
}

/** Whether an export ever succeeded with all of its people: a canary does not count, nor an undo or a withdrawal. */
export async function hasRunInFull(engine: Engine, exportId: ExportId): Promise<boolean> {
  const inBody = (key: keyof ExportRun) => engine.dialect.jsonText(sql`body`, key);
  const [found] = await engine.rows(sql`
    SELECT 1 AS found FROM ${ref(runTable)}
    WHERE export = ${exportId} AND status = 'succeeded' AND ${inBody('limit')} IS NULL
      AND coalesce(${inBody('kind')}, 'export') = 'export' AND ${inBody('undoes')} IS NULL LIMIT 1`);
  return found !== undefined;
}

/** The undo that holds: one that succeeded and was not itself undone. */
export async function undoOf(engine: Engine, run: RunId): Promise<ExportRun | undefined> {
  const undos = await readRuns(
    engine,
    sql`WHERE status = 'succeeded' AND ${engine.dialect.jsonText(sql`body`, 'undoes')} = ${run} ORDER BY made_at`,
  );
  for (const undo of undos) if ((await undoOf(engine, undo.run)) === undefined) return undo;
  return undefined;
}

async function readRuns(engine: Engine, clause: Sql): Promise<ExportRun[]> {
  const rows = await engine.rows<{ body: string }>(sql`SELECT body FROM ${ref(runTable)} ${clause}`);
  return rows.map((row) => JSON.parse(row.body) as ExportRun);
}

/** Drops what a process that died while planning left behind: people of plans without a record. */
export async function dropOrphanPlans(engine: Engine): Promise<void> {
  const [orphan] = await engine.rows(
    sql`SELECT 1 AS found FROM ${ref(planCount)} WHERE run NOT IN (SELECT run FROM ${ref(runTable)}) LIMIT 1`,
  );
  if (orphan === undefined) return;
  await engine.commit(
    ofPlans.map(
      (table) => sql`DELETE FROM ${ref(table)} WHERE run NOT IN (SELECT run FROM ${ref(runTable)})`,
    ),
  );
}

/** The changes that take a plan's people away again when it gets no record. */
export function dropPlan(run: RunId): Change[] {
  return ofPlans.map((table) => sql`DELETE FROM ${ref(table)} WHERE run = ${run}`);
}

/** What the making of a plan fills. */
const ofPlans = [planPerson, planCount, notUndone];

/** Of whom the export holds a ledger row and has not let go, in all and per segment. */
export async function exportedPeople(
  engine: Engine,
  exportId: ExportId,
  audience: string,
): Promise<{ people: number; segments: ReadonlySet<string> }> {
  const present = sql`export = ${exportId} AND audience = ${audience} AND left_at IS NULL`;
  const [total] = await engine.rows<{ people: number }>(
    sql`SELECT count(*) AS people FROM ${ref(exported)} WHERE ${present}`,
  );
  const segments = await engine.rows<{ segment: string }>(
    sql`SELECT DISTINCT unnest(segments) AS segment FROM ${ref(exported)} WHERE ${present}`,
  );
  return { people: total?.people ?? 0, segments: new Set(segments.map((row) => row.segment)) };
}
