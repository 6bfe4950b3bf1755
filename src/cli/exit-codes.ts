import { PostriderError } from '../base/errors.ts';
import type { ExportRun } from '../exports/plan.ts';

/** The command line's promise to scripts (DESIGN §6). */
export const exitCodes = { done: 0, failed: 1, badInput: 2, stopped: 3 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Bad input and settings are the caller's to mend; everything else failed. */
export function exitCodeOf(error: unknown): ExitCode {
  if (!(error instanceof PostriderError)) return exitCodes.failed;
  switch (error.kind) {
    case 'input':
    case 'configuration':
      return exitCodes.badInput;
    case 'brake':
      return exitCodes.stopped;
    case 'forbidden':
    case 'conflict':
    case 'remote':
    case 'internal':
      return exitCodes.failed;
    default:
      throw new Error(`no exit code for ${String(error.kind satisfies never)}`);
  }
}

export function exitCodeOfRun(run: ExportRun): ExitCode {
  switch (run.status) {
    case 'planned':
    case 'succeeded':
      return exitCodes.done;
    case 'stopped':
      return exitCodes.stopped;
    case 'running':
    case 'failed':
    case 'cancelled':
      return exitCodes.failed;
    default:
      throw new Error(`no exit code for ${String(run.status satisfies never)}`);
  }
}

/** Of several results: what failed goes before what stopped. */
export function worstOf(codes: readonly ExitCode[]): ExitCode {
  const { failed, badInput, stopped, done } = exitCodes;
  return [failed, badInput, stopped].find((code) => codes.includes(code)) ?? done;
}
