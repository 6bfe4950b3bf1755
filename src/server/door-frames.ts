import { deserialize, serialize } from 'node:v8';
import type { PostriderError } from '../base/errors.ts';

/** What the command line asks for: an action by name. */
export interface DoorCall {
  /** By which it can be asked to end. */
  id: string;
  action: string;
  args: unknown[];
  /** In whose name. */
  by: string;
  /** Variables that the file it applies speaks of. */
  env: Record<string, string>;
}

/** What comes back, one after the other; `result` or `error` is the last. */
export type DoorFrame =
  | { kind: 'say'; message: string }
  | { kind: 'count'; stage: string; done: number; total: number | undefined }
  /** A part of what streams. */
  | { kind: 'part'; value: unknown }
  | { kind: 'result'; value: unknown }
  | { kind: 'error'; error: ReturnType<PostriderError['toJSON']> | { kind: 'bug'; message: string } }
  /** Nothing: the connection lives. */
  | { kind: 'alive' };

/** Stands where the caller's signal stood: the server's own is aborted when the connection ends. */
export const signalMark = { postriderSignal: true } as const;

export function isSignalMark(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'postriderSignal' in value;
}

/** Four bytes of length, and the value as Node's own serialisation has it: dates, maps and undefined survive. */
export function encodeFrame(frame: DoorFrame): Buffer {
  const body = serialize(frame);
  const head = Buffer.alloc(4);
  head.writeUInt32BE(body.length);
  return Buffer.concat([head, body]);
}

export async function* decodeFrames(bytes: AsyncIterable<Uint8Array>): AsyncIterable<DoorFrame> {
  let kept = Buffer.alloc(0);
  for await (const chunk of bytes) {
    kept = Buffer.concat([kept, chunk]);
    while (kept.length >= 4 && kept.length >= 4 + kept.readUInt32BE(0)) {
      const end = 4 + kept.readUInt32BE(0);
      yield deserialize(kept.subarray(4, end)) as DoorFrame;
      kept = kept.subarray(end);
    }
  }
}
