import type { ExportId } from '../base/ids.ts';
import { audienceOverviews, type AudienceOverview } from '../exports/audience-overview.ts';
import { listRuns } from '../exports/run-records.ts';
import { makeWebhook, removeWebhook, webhooksOfOurs, type ListedWebhook } from '../pipeline/make-webhook.ts';
import { everything, exportOf, type PipelineParts } from '../pipeline/pipeline-parts.ts';
import { clearExport, endWorkOf, type ClearedExport } from '../pipeline/remove-export.ts';
import { runHeader } from '../pipeline/run-header.ts';
import { pauseExport, resumeExport } from '../store/export-states.ts';
import { saveRunHeaders } from '../store/run-headers.ts';
import { removeItem } from '../store/workspace-items.ts';
import { audited, type AppGround } from './app-ground.ts';

/** Exports themselves, apart from their runs: stopped, let go, removed, and called back by Mailchimp. */
export interface ExportActions {
  /** Stops an export, or with `*` all of them, until resumed; nothing runs meanwhile, whoever asks. */
  pause(exportId: string, why: string): Promise<void>;
  /** Returns whether it was paused. */
  resume(exportId: string): Promise<boolean>;
  /** Removes an export, so that nothing is sent by it any more; its contacts stay. */
  remove(exportId: string, options: { withdrawTags: boolean; signal: AbortSignal }): Promise<RemovedExport>;
  /** What is known of each audience; asks nobody. */
  audiences(): Promise<AudienceOverview[]>;
  /** Lets Mailchimp call an address about the audience of an export; something must answer there already. */
  makeWebhook(exportId: string, url: string): Promise<ListedWebhook>;
  webhooks(): Promise<ListedWebhook[]>;
  /** Returns whether Mailchimp still had it. */
  removeWebhook(id: string): Promise<boolean>;
}

/** `removed` is false when tags that were to be withdrawn could not be. */
export interface RemovedExport extends ClearedExport {
  removed: boolean;
}

export function exportActions(ground: AppGround): ExportActions {
  const { engine, store, clock, engineKey, by, parts } = ground;
  return {
    pause: async (exportId, why) => {
      const id = pausable(await parts(), exportId);
      await pauseExport(store.db, id, { at: clock.now(), by, reason: why });
      await audited(ground, 'export.pause', `export:${id}`, { why });
    },
    resume: async (exportId) => {
      const id = pausable(await parts(), exportId);
      const was = await resumeExport(store.db, id);
      if (was) await audited(ground, 'export.resume', `export:${id}`);
      return was;
    },
    remove: async (exportId, options) => {
      const { settings } = await parts();
      const cleared = settings.detached?.has(exportId as ExportId)
        ? nothingToClear(exportId as ExportId)
        : await clearExport(await parts(), exportId, { by, ...options });
      await saveRunHeaders(store.db, (await listRuns(engine, { export: cleared.export })).map(runHeader));
      if ((cleared.withdrawn?.status ?? 'succeeded') !== 'succeeded' || cleared.tagsLeft > 0) {
        return { ...cleared, removed: false };
      }
      const removed = await removeItem(store.db, 'export', cleared.export, clock.now());
      await endWorkOf(await parts(), cleared.export);
      await audited(ground, 'export.remove', `export:${cleared.export}`, {
        withdrawTags: options.withdrawTags,
      });
      return { ...cleared, removed };
    },
    audiences: () => audienceOverviews(engine),
    makeWebhook: async (exportId, url) => {
      const made = await makeWebhook(await parts(), engineKey, { export: exportId, url, by });
      await audited(ground, 'webhook.create', `export:${exportId}`, { id: made.id, url: made.url });
      return made;
    },
    webhooks: async () => webhooksOfOurs(await parts()),
    removeWebhook: async (id) => {
      const wasThere = await removeWebhook(await parts(), id);
      await audited(ground, 'webhook.remove', `webhook:${id}`, { wasThere });
      return wasThere;
    },
  };
}

function pausable({ settings }: PipelineParts, exportId: string): ExportId {
  return exportId === everything ? (everything as ExportId) : exportOf(settings, exportId).id;
}

/** When its connection was taken away it was brought to rest. */
function nothingToClear(id: ExportId): ClearedExport {
  return { export: id, cancelled: null, withdrawn: null, tagsLeft: 0, people: 0 };
}
