import { inputError } from '../base/errors.ts';
import { readAudiencesAnew } from '../exports/forget-addresses.ts';
import { readSourcesAnew } from '../sources/loaded-source.ts';
import { readErasures, refuseNaming, writeErasure, type Erasure } from '../suppression/erasure.ts';
import { erasuresOf, unsuppress } from '../suppression/suppression-list.ts';
import { foldAddress } from './person-traces.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * Lets somebody in again. Sources and audiences are read whole the next time, as what they held of the person
 * is gone: who unsubscribed or was archived meanwhile must not look new.
 * @returns the receipts of the erasures that no longer hold
 * @throws `input` / `not_suppressed`, `lift_without_reason`, `reason_names_person`
 */
export async function liftSuppression(
  parts: PipelineParts,
  text: string,
  { by, why }: { by: string; why: string },
): Promise<Erasure[]> {
  const { engine, suppressionKey: key, clock } = parts;
  if (why.trim() === '') {
    throw inputError('lift_without_reason', 'Lifting needs a reason.', 'As in: --lift "they asked for it"');
  }
  refuseNaming([foldAddress(text)], { by, why });
  const held = (await receiptsOf(parts, text)).filter(({ state }) => state !== 'lifted');
  if (held.length === 0) {
    throw inputError(
      'not_suppressed',
      'Nobody of this address is kept out.',
      'See its receipts with --receipt.',
    );
  }
  const lifted = held.map((record): Erasure => ({
    ...record,
    state: 'lifted',
    lifted: { by, why, at: clock.now().toISOString() },
  }));
  await engine.commit([
    unsuppress(lifted.map(({ erasure }) => erasure)),
    ...lifted.flatMap((record) => writeErasure(key, record, [])),
    readAudiencesAnew,
    ...(await readSourcesAnew(engine)),
  ]);
  return lifted;
}

/** The receipts of an address, the newest first. */
export async function receiptsOf(
  { engine, suppressionKey: key }: PipelineParts,
  text: string,
): Promise<Erasure[]> {
  const ids = await erasuresOf(engine, key, foldAddress(text));
  return (await readErasures(engine, key, ids)).map(({ record }) => record);
}
