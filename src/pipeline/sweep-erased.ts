import type { Change } from '../engine/engine.ts';
import { addressesAmongExports } from '../exports/forget-addresses.ts';
import { loadedSources, prepareSourceTables } from '../sources/loaded-source.ts';
import { removeSuppressed } from '../sources/suppressed-rows.ts';
import { openSuppression } from '../suppression/suppression-list.ts';
import { addressesAmongPeople } from '../unify/person-ids.ts';
import { erasureTraces } from './erasure-traces.ts';
import { followTraces, rowLinksOf } from './person-traces.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/**
 * Takes everybody on the suppression list out of this installation: after a backup was restored that is older than an
 * erasure. Nothing is done in Mailchimp, where they are gone already.
 * @returns how many addresses were found of them
 */
export async function sweepErased(parts: PipelineParts): Promise<number> {
  const { engine, settings } = parts;
  const list = await openSuppression(engine, parts.suppressionKey);
  if (list === undefined) return 0;
  await prepareSourceTables(engine);
  const addresses = [
    ...(await addressesAmongPeople(engine, (address) => list.holdsAddress(address))),
    ...(await addressesAmongExports(engine, (address) => list.holdsAddress(address))),
  ];
  const found = await followTraces(parts, { addresses, customers: [] });
  const { changes } = await erasureTraces(parts, found);
  const links = rowLinksOf(settings);
  // Rows that have a key or point to somebody, and no address.
  const rest = (await loadedSources(engine)).flatMap((load): Change[] =>
    removeSuppressed(engine, load, { list, links }),
  );
  await engine.commit([...changes, ...rest]);
  await engine.checkpoint();
  return found.addresses.length;
}
