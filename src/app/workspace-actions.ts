import { dirname, resolve } from 'node:path';
import { resealAlertChannels } from '../alerts/alert-channels.ts';
import type { ConnectionId, SourceId } from '../base/ids.ts';
import type { ConnectionSecret } from '../connections/connection-secrets.ts';
import { rotateSecretKey } from '../connections/kept-keys.ts';
import { openDestination } from '../delivery/open-destination.ts';
import { examine, type Finding } from '../pipeline/examine.ts';
import { refresh, type RefreshResult, type RefreshWatch, type Stage } from '../pipeline/refresh.ts';
import { forgetSources } from '../sources/loaded-source.ts';
import { applyWorkspace, type ApplyOptions, type WorkspaceChange } from '../workspace/apply-workspace.ts';
import { checkAtSave } from '../workspace/check-at-save.ts';
import { dumpWorkspace } from '../workspace/dump-workspace.ts';
import { readWorkspace } from '../workspace/read-workspace.ts';
import { audited, noted, remember, type AppGround } from './app-ground.ts';
import { reachesExport } from './permitted-actions.ts';

/** The workspace as a whole: what it says, that it is carried out, and whether all is well. */
export interface WorkspaceActions {
  /** @param options.offline asks no account whether exports fit; with `force`, `prune` also takes segments in use */
  apply(
    file: string,
    options?: Pick<ApplyOptions, 'dryRun' | 'prune'> & { offline?: boolean; force?: boolean },
  ): Promise<WorkspaceChange[]>;
  dump(): Promise<string>;
  refresh(options: {
    until?: Stage | undefined;
    signal: AbortSignal;
    watch?: RefreshWatch | undefined;
  }): Promise<RefreshResult>;
  examine(): AsyncIterable<Finding>;
  /** Another secret key in place of the present one. @returns how many secrets are sealed with it now */
  rotateKey(): Promise<{ secrets: number }>;
}

export function workspaceActions(ground: AppGround): WorkspaceActions {
  const { config, env, engine, store, accounts, progress, clock, by } = ground;
  return {
    apply: async (file, { dryRun = false, prune = false, offline = false, force = false } = {}) => {
      const wanted = readWorkspace(file, env);
      const open = async (connection: ConnectionId, secret: ConnectionSecret) =>
        openDestination(config.mailchimp, connection, secret, accounts);
      const unsure = await checkAtSave(engine, store.db, ground.key, wanted, {
        prune,
        force,
        offline,
        env,
        open,
      });
      for (const sentence of unsure) progress.say(sentence);
      const folder = dirname(resolve(file));
      const changes = await applyWorkspace(store.db, ground.key, wanted, {
        folder,
        by,
        now: clock.now(),
        dryRun,
        prune,
      });
      if (!dryRun) await forgetRemoved(ground, changes);
      return changes;
    },
    dump: () => dumpWorkspace(store.db),
    refresh: async ({ until, signal, watch }) => {
      const { noting, allNoted } = notingRuns(ground, watch);
      try {
        return await refresh(await ground.parts(), {
          ...(until === undefined ? {} : { until }),
          watch: noting,
          inTurn: (work) =>
            ground.inTurn(async () => {
              const result = await work();
              // Rows that were read change nobody's id before they are unified.
              if (until !== 'sources') await remember(ground);
              return result;
            }),
          by,
          mayRun: (id) => reachesExport(ground, id),
          signal,
        });
      } finally {
        await allNoted();
      }
    },
    rotateKey: async () => {
      const { key: next, secrets } = await rotateSecretKey(store.db, ground.key, {
        dataFolder: config.dataFolder,
        fromEnvironment: config.secretKey !== undefined,
        given: config.newSecretKey,
        others: [resealAlertChannels],
      });
      ground.useKey(next);
      await audited(ground, 'key.rotate', 'workspace', { secrets });
      return { secrets };
    },
    examine: async function* () {
      yield* examine(await ground.parts(), config.dataFolder);
    },
  };
}

/** Notes each run of a refresh as it ends: an export that fails after it throws, and the run is there all the same. */
function notingRuns(
  ground: AppGround,
  watch: RefreshWatch | undefined,
): { noting: RefreshWatch; allNoted: () => Promise<void> } {
  const notes: Promise<unknown>[] = [];
  return {
    noting: {
      stage: (stage) => watch?.stage(stage),
      exported(end) {
        if (end.run !== undefined) {
          const note = noted(ground, end.run);
          // It is told at the end; until then nobody waits for it.
          note.catch(() => undefined);
          notes.push(note);
        }
        watch?.exported(end);
      },
    },
    allNoted: async () => void (await Promise.all(notes)),
  };
}

/** What was removed from the workspace leaves the people file too; the ledger of an export stays. */
async function forgetRemoved(ground: AppGround, changes: readonly WorkspaceChange[]): Promise<void> {
  const removed = changes.filter(({ kind, change }) => kind === 'source' && change === 'removed');
  if (removed.length === 0) return;
  // A refresh that began before may be about to load them once more.
  await ground.inTurn(() =>
    forgetSources(
      ground.engine,
      removed.map(({ id }) => id as SourceId),
    ),
  );
}
