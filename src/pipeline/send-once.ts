import type { Clock } from '../base/clock.ts';
import { OutcomeUnknown, type Destination } from '../delivery/destination.ts';
import type { Change } from '../engine/engine.ts';
import { markReady, markSending, noteSent, type Chunk } from '../exports/chunks.ts';
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
 * One attempt at a chunk, however many requests it takes.
 * @returns what gives the change to be durable right before each of its requests leaves
 */
export function attemptAt(chunk: Chunk, clock: Clock): () => Change {
  let begun = false;
  return () => {
    const change = begun ? noteSent(chunk, clock.now()) : markSending(chunk, clock.now());
    begun = true;
    return change;
  };
}

/** Of what requests beside each other threw, the one that the server may be at work on for the longest. */
export function lastUncertain(errors: readonly unknown[]): OutcomeUnknown | undefined {
  return errors
    .filter((error) => error instanceof OutcomeUnknown)
    .toSorted((a, b) => b.sentAt.getTime() - a.sentAt.getTime())[0];
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
