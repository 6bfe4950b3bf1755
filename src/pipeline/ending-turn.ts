import type { PipelineParts } from './pipeline-parts.ts';

/**
 * What became of a run's people is put together in one place at its end (`export.settled`): two runs on two accounts may
 * end at the same time, and an erasure must not come in between, or the person would be written down once more.
 */
export async function inEndingTurn<Result>(
  { leases }: Pick<PipelineParts, 'leases'>,
  work: () => Promise<Result>,
): Promise<Result> {
  const turn = await leases.acquire('ending of a run', () => undefined);
  try {
    return await work();
  } finally {
    turn.release();
  }
}
