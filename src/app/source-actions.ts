import { dirname, resolve } from 'node:path';
import { sourceOf } from '../pipeline/pipeline-parts.ts';
import { previewUnifyChange, type UnifyAhead } from '../pipeline/preview-unify.ts';
import { proposeBypassValues, proposeUnifyRules } from '../pipeline/propose-unify.ts';
import { columnSummary, type ColumnSummary } from '../sources/column-summary.ts';
import { loadedSources, rejectedRows, type RejectedRow, type SourceLoad } from '../sources/loaded-source.ts';
import { rejectedCsv } from '../sources/rejected-csv.ts';
import type { Proposal } from '../unify/probabilistic/propose.ts';
import type { BypassLimits, BypassProposal } from '../unify/propose-bypass.ts';
import { workspaceWith } from '../workspace/edit-item.ts';
import { readWorkspace } from '../workspace/read-workspace.ts';
import { placeOf } from '../workspace/sections.ts';
import type { AppGround } from './app-ground.ts';
import { refuseForeignPlaces } from './foreign-places.ts';

/** What came in, and how it becomes people. */
export interface SourceActions {
  sources(): Promise<SourceLoad[]>;
  /** Rows of a source that were set aside, a page of them. */
  rejectedRows(source: string, page: { limit: number; offset: number }): Promise<RejectedRow[]>;
  /** All of them, with what stood in them, as CSV. */
  rejectedCsv(source: string): AsyncIterable<string>;
  /** What stands in the columns of a source. */
  columnSummary(source: string): Promise<{ load: SourceLoad; columns: ColumnSummary[] }>;
  /** Weights of agreement, and rules made of them, from the loaded sources; changes nothing. */
  proposeRules(): Promise<Proposal[]>;
  /** Values that many people of different names share. */
  proposeBypass(limits: BypassLimits): Promise<BypassProposal[]>;
  /** What `unify` of a workspace file would do to people, segments and exports; changes nothing. */
  previewUnify(file: string): Promise<UnifyAhead>;
  /** The same of settings that are being edited. */
  previewUnifySettings(settings: unknown, waiting?: { signal: AbortSignal }): Promise<UnifyAhead>;
}

export function sourceActions(ground: AppGround): SourceActions {
  const { engine, store, env, parts, inTurn } = ground;
  // Previews and proposals make people as a refresh does, and use the same tables for it.
  return {
    sources: () => loadedSources(engine),
    rejectedRows: async (source, page) => {
      const { settings } = await parts();
      return rejectedRows(engine, sourceOf(settings, source), page);
    },
    rejectedCsv: async function* (source) {
      yield* rejectedCsv(engine, sourceOf((await parts()).settings, source));
    },
    columnSummary: async (source) => columnSummary(engine, sourceOf((await parts()).settings, source)),
    proposeRules: () => inTurn(async () => proposeUnifyRules(await parts())),
    proposeBypass: (limits) => inTurn(async () => proposeBypassValues(await parts(), limits)),
    previewUnify: async (file) => {
      const { unify } = readWorkspace(file, env);
      return inTurn(async () => previewUnifyChange(await parts(), unify, dirname(resolve(file))));
    },
    previewUnifySettings: async (settings, waiting) => {
      const file = await workspaceWith(store.db, placeOf('unify'), settings);
      await refuseForeignPlaces(ground, file);
      return inTurn(async () => {
        // The page asks anew with each edit, and no longer waits for what it asked before.
        waiting?.signal.throwIfAborted();
        const present = await parts();
        return previewUnifyChange(present, file.unify, present.settings.folder);
      });
    },
  };
}
