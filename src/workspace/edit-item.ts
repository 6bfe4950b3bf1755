import { inputError, type PostriderError } from '../base/errors.ts';
import { refuseBadId } from '../base/ids.ts';
import { recordAudit } from '../store/audit.ts';
import type { Database } from '../store/tables.ts';
import { findItem, listItems, putItem, removeItem, type WorkspaceItem } from '../store/workspace-items.ts';
import { checkReferences } from './check-references.ts';
import type { WorkspaceProblem } from './parse-workspace.ts';
import { problemsOf } from './schema-problems.ts';
import { isListed, sections, type ItemPlace } from './sections.ts';
import { workspaceFile, type WorkspaceFile } from './workspace-file.ts';

/** In whose name, and when. */
export interface Doing {
  by: string;
  now: Date;
}

/** @param before undefined: nothing is there */
export type ItemCheck = (before: WorkspaceItem | undefined, db: Database) => Promise<void> | void;

/**
 * The whole workspace with one item as it is wanted, checked as a file would be: what one edit breaks elsewhere is found
 * before it is stored.
 * @param body undefined: without the item
 * @throws `input` / `workspace_invalid` (or the problem's own code) with each place
 */
export async function workspaceWith(
  db: Database,
  { kind, id }: ItemPlace,
  body: unknown,
): Promise<WorkspaceFile> {
  const content = contentOf(await listItems(db));
  const section = isListed(kind) ? (content[sections[kind]] as Record<string, unknown>) : content;
  const key = isListed(kind) || kind === 'setting' ? id : kind;
  if (isListed(kind)) refuseBadId(id);
  if (body === undefined) delete section[key];
  else section[key] = body;
  const parsed = workspaceFile.safeParse(content);
  const problems = parsed.success
    ? checkReferences(parsed.data)
    : parsed.error.issues.flatMap((issue) => problemsOf(issue, content));
  if (parsed.success && problems.length === 0) return parsed.data;
  throw refusal(problems, body === undefined ? `${kind} ${id}` : undefined);
}

/**
 * Stores one item of a workspace that was checked.
 * @param doing.check throws when what is there by now must not be replaced: since the item was read, the check of a
 *   wish may have asked an account for seconds. It asks no other database than the one it is given.
 * @returns whether that was a change
 * @throws `segment_exists` for a new segment under the id of one that was removed; what `check` throws
 */
export async function storeItem(
  db: Database,
  { kind, id }: ItemPlace,
  body: unknown,
  { by, now, action, check }: Doing & { action: string; check?: ItemCheck },
): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    const found = await findItem(transaction, kind, id, { lock: true });
    const before = found?.removedAt === undefined ? found : undefined;
    await check?.(before, transaction);
    // The history of what was removed would become that of the new one.
    if (kind === 'segment' && before === undefined && found !== undefined) throw segmentExists(id);
    const position = before?.position ?? (await listItems(transaction, kind)).length;
    const { name } = body as { name?: unknown };
    const shown = typeof name === 'string' ? name : isListed(kind) ? id : kind;
    const outcome = await putItem(transaction, { kind, id, name: shown, body, position }, now);
    if (outcome === 'unchanged') return false;
    await recordAudit(transaction, {
      at: now,
      who: by,
      action,
      subject: `${kind}:${id}`,
      detail: { outcome },
    });
    return true;
  });
}

/** @returns the error, whoever throws it */
export function segmentExists(id: string): PostriderError {
  return inputError(
    'segment_exists',
    `There is, or was, a segment "${id}".`,
    'Take an id that was never used.',
  );
}

/** @returns whether there was such an item */
export async function dropItem(db: Database, { kind, id }: ItemPlace, { by, now }: Doing): Promise<boolean> {
  return db.transaction().execute(async (transaction) => {
    if (!(await removeItem(transaction, kind, id, now))) return false;
    await recordAudit(transaction, {
      at: now,
      who: by,
      action: `${kind}.remove`,
      subject: `${kind}:${id}`,
      detail: {},
    });
    return true;
  });
}

function contentOf(items: readonly WorkspaceItem[]): Record<string, unknown> {
  const content: Record<string, unknown> = { version: 1 };
  for (const section of Object.values(sections)) content[section] = {};
  for (const { kind, id, body } of items) {
    if (isListed(kind)) (content[sections[kind]] as Record<string, unknown>)[id] = body;
    else if (kind !== 'setting') content[kind] = body;
    // Where the file lay is no part of what it says.
    else if (id !== 'folder') content[id] = body;
  }
  return content;
}

function refusal(problems: readonly WorkspaceProblem[], going: string | undefined): Error {
  const lines = problems.map(
    ({ path, message, hint }) =>
      `${path.join('.')}: ${message}${message.endsWith('.') ? '' : '.'}${hint === undefined || problems.length === 1 ? '' : ` ${hint}`}`,
  );
  if (going !== undefined) {
    return inputError(
      'item_in_use',
      `The ${going} is in use:\n${lines.join('\n')}`,
      'Take it out there first; nothing was changed.',
    );
  }
  const codes = new Set(problems.map(({ code }) => code ?? 'workspace_invalid'));
  return inputError(
    codes.size === 1 ? [...codes].join() : 'workspace_invalid',
    lines.join('\n'),
    problems.length === 1 ? problems[0]?.hint : 'Mend these places; nothing was changed.',
  );
}
