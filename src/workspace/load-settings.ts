import { z } from 'zod';
import { PostriderError } from '../base/errors.ts';
import type { ExportId } from '../base/ids.ts';
import { isAttached, type ExportConfig, type StoredExport } from '../exports/export-config.ts';
import { retentionConfig } from '../exports/retention.ts';
import type { Settings } from '../pipeline/settings.ts';
import type { Database } from '../store/tables.ts';
import { listItems, type ItemKind } from '../store/workspace-items.ts';
import { connectionSettings, workspaceFile } from './workspace-file.ts';

/** Ids of the things a workspace has only one of. */
export const singleId = 'workspace';

/**
 * The workspace as it was last applied, for the stages.
 * @throws `configuration` / `workspace_unreadable` when the store holds what this version cannot read
 */
export async function loadSettings(db: Database): Promise<Settings> {
  const items = await listItems(db);
  // Ids were checked when the file was applied.
  const byKind = <Id extends string, Value>(kind: ItemKind, schema: z.ZodType<Value>): Map<Id, Value> =>
    new Map(
      items
        .filter((item) => item.kind === kind)
        .map((item) => [item.id as Id, read(schema, item.body, `${kind} ${item.id}`)]),
    );
  const { shape } = workspaceFile;
  const exports = byKind<ExportId, StoredExport>('export', valueOf(shape.exports));
  const folder = items.find((item) => item.kind === 'setting' && item.id === 'folder')?.body;
  return {
    folder: typeof folder === 'string' ? folder : process.cwd(),
    sources: byKind('source', valueOf(shape.sources)),
    unify: byKind('unify', shape.unify).get(singleId),
    relationships: byKind('relationship', valueOf(shape.relationships)),
    computed: byKind('computed', valueOf(shape.computed)),
    segments: byKind('segment', valueOf(shape.segments)),
    connections: byKind('connection', connectionSettings),
    exports: new Map([...exports].filter((entry): entry is [ExportId, ExportConfig] => isAttached(entry[1]))),
    detached: new Set([...exports].filter(([, config]) => !isAttached(config)).map(([id]) => id)),
    doNotSend: byKind('setting', z.unknown()).get('doNotSend') as string | undefined,
    schedule: byKind('schedule', shape.schedule).get(singleId),
    retention: retentionOf(byKind('setting', z.unknown()).get('retention')),
  };
}

function retentionOf(body: unknown): Settings['retention'] {
  return body === undefined ? undefined : read(retentionConfig, body, 'retention');
}

function valueOf<Value extends z.ZodType>(schema: z.ZodPrefault<z.ZodRecord<z.ZodString, Value>>): Value {
  return schema.unwrap().valueType;
}

function read<Value>(schema: z.ZodType<Value>, body: unknown, what: string): Value {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new PostriderError({
    kind: 'configuration',
    code: 'workspace_unreadable',
    message: `The stored ${what} is not one that this version can read.`,
    hint: 'Apply the workspace file again: postrider apply FILE',
    cause: parsed.error,
  });
}
