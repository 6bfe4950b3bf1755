import type { SegmentId } from '../base/ids.ts';
import { pageOf, readNumberCursor, type Page, type PageAsked } from '../base/page.ts';
import type { Engine } from '../engine/engine.ts';
import { nothing, sql, type Sql } from '../engine/sql.ts';
import { notUndone, planPerson, ref } from './export-tables.ts';
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
  /** Of a contact that moves to `email`: the address it has. */
  from?: string;
  /** Of a contact that is archived. */
  archive?: true;
  /** What is wrong with the person's values, as in `ZIP: …`. */
  detail?: string;
  /** Of an undo: what it leaves as the audience has it: merge fields, `tag NAME`, `address`, `contact`. */
  stays?: string[];
}

/** A row of the plan as the engine gives it. */
export interface PlanRow {
  action: PlanLine['action'];
  reason: string | null;
  email: string | null;
  status: string | null;
  fields: string;
  before: string;
  gains: SegmentId[];
  loses: SegmentId[];
  archive: boolean;
  detail: string | null;
  fromAddress: string | null;
  stayKinds: string[] | null;
  stayNames: string[] | null;
}

/** The people of a plan in its order, a few thousand at a time. */
export async function* planPeople(
  engine: Engine,
  run: Pick<ExportRun, 'run' | 'tags'>,
): AsyncIterable<PlanLine[]> {
  const names = tagNamesOf(run);
  const pages = engine.pages<PlanRow & { position: number }>(sql`${planLines(run)} ORDER BY position`);
  for await (const page of pages) yield page.map(({ position: _, ...row }) => toPlanLine(row, names));
}

/** A page of them, for a screen. */
export async function planPage(
  engine: Engine,
  run: Pick<ExportRun, 'run' | 'tags'>,
  { limit, cursor, action }: PageAsked & { action?: PlanLine['action'] | undefined },
): Promise<Page<PlanLine>> {
  const after = readNumberCursor(cursor) ?? -1;
  const only = action === undefined ? nothing : sql`AND action = ${action}`;
  const rows = await engine.rows<PlanRow & { position: number }>(
    sql`${planLines(run)} AND position > ${after} ${only} ORDER BY position LIMIT ${limit + 1}`,
  );
  const { items, ...next } = pageOf(rows, limit, ({ position }) => position);
  const names = tagNamesOf(run);
  return { items: items.map(({ position: _, ...row }) => toPlanLine(row, names)), ...next };
}

/** What the tag of each segment is called in a run. */
export function tagNamesOf({ tags }: Pick<ExportRun, 'tags'>): ReadonlyMap<SegmentId, string> {
  return new Map(tags.map((tag) => [tag.segment, tag.name]));
}

function planLines({ run }: Pick<ExportRun, 'run'>): Sql {
  return sql`
    SELECT action, reason, email, status, fields, before, add_segments AS gains, remove_segments AS loses, archive, detail, position,
      from_address AS "fromAddress", stay.kinds AS "stayKinds", stay.names AS "stayNames"
    FROM ${ref(planPerson)} AS person
    LEFT JOIN (
      SELECT address, list(kind ORDER BY kind, name) AS kinds, list(coalesce(name, '') ORDER BY kind, name) AS names
      FROM ${ref(notUndone)} WHERE run = ${run} GROUP BY address
    ) AS stay ON stay.address = person.address
    WHERE run = ${run} AND action <> 'same'`;
}

/** @param names what people call the tags of the segments */
export function toPlanLine(row: PlanRow, names: ReadonlyMap<SegmentId, string>): PlanLine {
  const { fields, before, email, gains, loses, archive, detail, fromAddress, stayKinds, stayNames, ...line } =
    row;
  const tagNames = (segments: readonly SegmentId[]) =>
    segments.map((segment) => names.get(segment) ?? segment);
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
    ...(fromAddress === null ? {} : { from: fromAddress }),
    ...(archive ? { archive } : {}),
    ...(detail === null ? {} : { detail }),
    ...(stayKinds === null ? {} : { stays: whatStays(stayKinds, stayNames ?? [], tagNames) }),
  };
}

function whatStays(
  kinds: readonly string[],
  names: readonly string[],
  tagNames: (segments: readonly SegmentId[]) => string[],
): string[] {
  return kinds.map((kind, index) => {
    const name = names[index] ?? '';
    if (kind === 'field') return name;
    if (kind === 'address') return 'address';
    return kind === 'tag' || kind === 'untag' ? `tag ${tagNames([name as SegmentId]).join('')}` : 'contact';
  });
}
