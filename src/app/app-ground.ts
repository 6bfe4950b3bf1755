import type { Identity } from '../access/identity.ts';
import type { Clock } from '../base/clock.ts';
import type { Config } from '../base/config.ts';
import { messageOf } from '../base/errors.ts';
import type { SecretKey } from '../connections/seal.ts';
import type { AccountSlots } from '../delivery/mailchimp/account-slots.ts';
import type { Engine } from '../engine/engine.ts';
import type { ExportRun } from '../exports/plan.ts';
import type { PipelineParts } from '../pipeline/pipeline-parts.ts';
import type { Progress } from '../pipeline/progress.ts';
import { runHeader } from '../pipeline/run-header.ts';
import { recordAudit } from '../store/audit.ts';
import type { Store } from '../store/open-store.ts';
import { patiently } from '../store/patiently.ts';
import { saveRunHeaders } from '../store/run-headers.ts';
import type { TaskQueue } from '../work/task-queue.ts';
import { keepMemory } from './people-memory.ts';

/** What every action of the application stands on: the opened parts, and who asks. */
export interface AppGround {
  readonly config: Config;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly engine: Engine;
  readonly store: Store;
  /** Seals secrets of the store. It may be changed at any time, so it is asked for where it is used. */
  readonly key: SecretKey;
  /** Seals what lies beside the people; another one once the secret key was changed. */
  readonly engineKey: SecretKey;
  /** From now on this is the secret key. */
  useKey(key: SecretKey): void;
  readonly accounts: AccountSlots;
  /** After whatever else replaces profiles or members, and before what comes later. */
  inTurn<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Where work waits for its turn. @throws `conflict` / `no_server` where nobody would do it */
  queue(): TaskQueue;
  /** Who asks. */
  readonly who: Identity;
  /** Their name, as it stands in runs and in the audit log. */
  readonly by: string;
  /** The parts of the pipeline with the settings as they are now. */
  parts(): Promise<PipelineParts>;
}

/** Notes who did what to what, now. */
export function audited(
  { store, clock, by }: AppGround,
  action: string,
  subject: string,
  detail: Record<string, unknown> = {},
): Promise<void> {
  return recordAudit(store.db, { at: clock.now(), who: by, action, subject, detail });
}

/** Puts the header of a run, as it stands now, beside the others. */
export async function noted({ store }: AppGround, run: ExportRun): Promise<ExportRun> {
  await patiently(() => saveRunHeaders(store.db, [runHeader(run)]));
  return run;
}

/**
 * Keeps what could not be made again of the people as they are now; called when they or what is known of them changed.
 * What was done to them is done, so that trouble with this one is said and no more.
 */
export async function remember({ engine, config, clock, parts, progress }: AppGround): Promise<void> {
  try {
    const { settings } = await parts();
    await keepMemory(engine, config, settings, clock.now());
  } catch (error) {
    progress.say(`What a broken people file would take with it could not be kept: ${messageOf(error)}`);
  }
}
