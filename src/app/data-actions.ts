import { resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { inputError } from '../base/errors.ts';
import { refuseBadId, type SourceId } from '../base/ids.ts';
import type { SourceConfig } from '../sources/source-config.ts';
import { keepRows, notPushable, preparePushed, pushedPlaces, type RowBatch } from '../sources/pushed-rows.ts';
import { keepUpload } from '../sources/uploads.ts';
import { sourceOf } from '../pipeline/pipeline-parts.ts';
import { audited, type AppGround } from './app-ground.ts';
import type { ItemActions, SavedItem } from './item-actions.ts';
import type { Edit } from './item-state.ts';

/** Data that come in by the network instead of lying somewhere. */
export interface DataActions {
  /** Keeps a file for a source that is there or not yet; the next refresh reads it. @returns what to name as `path` */
  upload(source: string, file: { name: string; content: Readable }): Promise<{ path: string }>;
  /** Makes a source whose rows programs send. */
  savePushedSource(
    id: string,
    shape: { name?: string | undefined; columns: string[]; key: string[] },
    edit: Edit,
  ): Promise<SavedItem>;
  /** Rows to put in place of those of the same keys, and keys to take away; for the next refresh, durably. */
  pushRows(
    source: string,
    batch: RowBatch,
    batchKey: string,
  ): Promise<{ upserted: number; deleted: number; known: boolean }>;
}

export function dataActions(ground: AppGround, saveSource: ItemActions['saveSource']): DataActions {
  const { config, clock, parts } = ground;
  return {
    upload: async (source, file) => {
      // It names a folder.
      refuseBadId(source);
      const path = await keepUpload(config.dataFolder, source, file);
      await audited(ground, 'source.upload', `source:${source}`, { file: file.name });
      return { path };
    },
    savePushedSource: async (id, { name, columns, key }, edit) => {
      refuseBadId(id);
      const absent = key.find((column) => !columns.includes(column));
      if (absent !== undefined) throw inputError('row_key', `The key "${absent}" is none of the columns.`);
      preparePushed(config.dataFolder, id, columns);
      const places = pushedPlaces(config.dataFolder, id);
      const text = Object.fromEntries(columns.map((column) => [column, { type: 'text' }]));
      const named = name === undefined ? {} : { name };
      return saveSource(id, { type: 'csv', ...named, ...places, key, columns: text }, edit);
    },
    pushRows: async (source, batch, batchKey) => {
      const { settings } = await parts();
      const id = sourceOf(settings, source);
      const shape = pushedShape(settings.sources.get(id), config.dataFolder, id);
      const { known } = keepRows(config.dataFolder, id, shape, batch, { batchKey, now: clock.now() });
      const counts = { upserted: batch.upsert.length, deleted: batch.delete.length };
      if (!known) await audited(ground, 'source.push', `source:${id}`, counts);
      return { ...counts, known };
    },
  };
}

function pushedShape(source: SourceConfig | undefined, dataFolder: string, id: SourceId) {
  const places = pushedPlaces(dataFolder, id);
  const pushed =
    source?.type === 'csv' &&
    resolve(source.path) === places.path &&
    source.changes === places.changes &&
    source.deletions === places.deletions;
  if (!pushed || source.key === undefined) throw notPushable(id);
  return { columns: Object.keys(source.columns ?? {}), key: [source.key].flat() };
}
