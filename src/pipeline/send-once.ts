import { OutcomeUnknown, type Destination } from '../delivery/destination.ts';
import { markReady, noteSent, type Chunk } from '../exports/chunks.ts';
import type { ExportRun } from '../exports/plan.ts';
import type { BatchBlame } from './batch-blame.ts';
import type { ErasedMeanwhile } from './erased-meanwhile.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import type { SettleTogether } from './settle-together.ts';
import type { WhoHasLeft } from './who-has-left.ts';

/** What sending the chunks of one run needs. */
export interface Sending {
  parts: PipelineParts;
  destination: Destination;
  run: ExportRun;
  whoHasLeft: WhoHasLeft;
  erased: ErasedMeanwhile;
  blame: BatchBlame;
  together: SettleTogether;
  /** Aborted: no new request starts; those in flight end and are recorded (promise 9). */
  signal: AbortSignal;
}

/**
 * Calls. When the call surely did nothing, the chunk is ready again before the error goes on; when nobody knows, from
 * when the server has had it is noted.
 */
export async function sendOnce<T>(sending: Sending, chunk: Chunk, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const { engine } = sending.parts;
    await engine.commit([error instanceof OutcomeUnknown ? noteSent(chunk, error.sentAt) : markReady(chunk)]);
    throw error;
  }
}
