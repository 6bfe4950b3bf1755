import type { RunId, SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { planPerson, ref } from './export-tables.ts';

/** One line of a plan, for a person to read. */
export interface PlanLine {
  action: 'add' | 'update' | 'leave' | 'keptOut' | 'rejected';
  reason: string | null;
  email: string;
  status: string | null;
  /** Merge field → before and after. */
  fields: Record<string, { before: string; after: string }>;
  gains: SegmentId[];
  loses: SegmentId[];
}

/** The people of a plan in its order, a few thousand at a time. */
export async function* planPeople(engine: Engine, run: RunId): AsyncIterable<PlanLine[]> {
  const pages = engine.pages<{
    action: PlanLine['action'];
    reason: string | null;
    email: string | null;
    status: string | null;
    fields: string;
    before: string;
    gains: SegmentId[];
    loses: SegmentId[];
  }>(sql`
    SELECT action, reason, email, status, fields, before, add_segments AS gains, remove_segments AS loses
    FROM ${ref(planPerson)} WHERE run = ${run} AND action <> 'same' ORDER BY position`);
  for await (const page of pages) {
    yield page.map(({ fields, before, email, ...line }) => {
      const after = JSON.parse(fields) as Record<string, string>;
      const was = JSON.parse(before) as Record<string, string>;
      return {
        ...line,
        email: email ?? '',
        fields: Object.fromEntries(
          Object.entries(after).map(([tag, value]) => [tag, { before: was[tag] ?? '', after: value }]),
        ),
      };
    });
  }
}
