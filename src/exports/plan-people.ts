import type { SegmentId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { planPerson, ref } from './export-tables.ts';
import type { ExportRun } from './plan.ts';

/** One line of a plan, for a person to read. */
export interface PlanLine {
  action: 'add' | 'update' | 'leave' | 'keptOut' | 'rejected';
  reason: string | null;
  email: string;
  status: string | null;
  /** Merge field → before and after. */
  fields: Record<string, { before: string; after: string }>;
  /** Names of tags. */
  gains: string[];
  loses: string[];
}

/** The people of a plan in its order, a few thousand at a time. */
export async function* planPeople(
  engine: Engine,
  run: Pick<ExportRun, 'run' | 'tags'>,
): AsyncIterable<PlanLine[]> {
  const names = new Map(run.tags.map((tag) => [tag.segment, tag.name]));
  const tagNames = (segments: readonly SegmentId[]) =>
    segments.map((segment) => names.get(segment) ?? segment);
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
    FROM ${ref(planPerson)} WHERE run = ${run.run} AND action <> 'same' ORDER BY position`);
  for await (const page of pages) {
    yield page.map(({ fields, before, email, gains, loses, ...line }) => {
      // What somebody would have got who is kept out or rejected is no part of the plan.
      const sent = line.action !== 'keptOut' && line.action !== 'rejected';
      const after = JSON.parse(fields) as Record<string, string>;
      const was = JSON.parse(before) as Record<string, string>;
      return {
        ...line,
        email: email ?? '',
        gains: sent ? tagNames(gains) : [],
        loses: sent ? tagNames(loses) : [],
        fields: Object.fromEntries(
          (sent ? Object.entries(after) : []).map(([tag, value]) => [
            tag,
            { before: was[tag] ?? '', after: value },
          ]),
        ),
      };
    });
  }
}
