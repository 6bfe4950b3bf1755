import { stringify } from 'csv-stringify/sync';
import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { neutraliseFormula } from '../base/neutralise-formula.ts';
import { planPerson, ref } from './export-tables.ts';
import type { PlanLine } from './plan-people.ts';

/** A reason in words and what would cure it; the words are the shell's. */
export type Explain = (reason: string) => { what: string; cure: string };

/** The merge fields that a plan changes of anybody, in order. */
export async function plannedFields(engine: Engine, run: RunId): Promise<string[]> {
  const rows = await engine.rows<{ field: string }>(sql`
    SELECT DISTINCT unnest(${engine.dialect.jsonKeys(sql`fields`)}) AS field FROM ${ref(planPerson)}
    WHERE run = ${run} AND action IN ('add', 'update') ORDER BY field`);
  return rows.map((row) => row.field);
}

/**
 * The people of a plan as CSV text, header first, safe to open in a spreadsheet: what happens to each, why and
 * what would cure it, every field before and after, tags gained and lost.
 * @param fields the columns: each gets one before and one after
 */
export async function* planCsv(
  fields: readonly string[],
  pages: AsyncIterable<readonly PlanLine[]>,
  explain: Explain,
): AsyncIterable<string> {
  yield csvLines([
    [
      'email',
      'action',
      'reason',
      'meaning',
      'cure',
      'detail',
      'status',
      ...changeColumns(fields),
      'archived',
      'stays',
      'address before',
    ],
  ]);
  for await (const page of pages) {
    yield csvLines(
      page.map((line) => {
        const { what, cure } = line.reason === null ? { what: '', cure: '' } : explain(line.reason);
        return [
          line.email,
          line.action,
          line.reason ?? '',
          what,
          cure,
          line.detail ?? '',
          line.status ?? '',
          ...changeCells(fields, line),
          line.archive ? 'yes' : '',
          (line.stays ?? []).join(', '),
          line.from ?? '',
        ];
      }),
    );
  }
}

/** The columns of what happens to a person's fields and tags. */
export function changeColumns(fields: readonly string[]): string[] {
  return [...fields.flatMap((field) => [`${field} before`, `${field} after`]), 'tags gained', 'tags lost'];
}

/** The cells under `changeColumns`; blank where nothing changes. */
export function changeCells(
  fields: readonly string[],
  line: Pick<PlanLine, 'fields' | 'gains' | 'loses'>,
): string[] {
  const changes = fields.flatMap((field) => {
    const change = line.fields[field];
    return change === undefined ? ['', ''] : [change.before, change.after];
  });
  return [...changes, line.gains.join(', '), line.loses.join(', ')];
}

/** Rows as CSV text; cells that a spreadsheet would take for a formula are made harmless. */
export function csvLines(rows: readonly (readonly string[])[]): string {
  return stringify(rows.map((row) => row.map(neutraliseFormula)));
}
