import type { Change } from '../engine/engine.ts';
import { audienceKey } from '../exports/audience-key.ts';
import { exportTraces, knownAudiences } from '../exports/forget-addresses.ts';
import { segmentTraces } from '../segments/forget-members.ts';
import { blankRejected, countRejected, dropStaged, forgetPersonRows } from '../sources/person-rows.ts';
import type { PlaceErasure } from '../suppression/erasure.ts';
import { unifiedTraces } from '../unify/forget-people.ts';
import type { FoundPerson } from './person-traces.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** Where a person is in this installation, and the changes that take them out of all of it. */
export interface ErasureTraces {
  places: PlaceErasure[];
  changes: Change[];
}

/** Each stage finds what it holds; the changes belong into one commit. */
export async function erasureTraces(
  { engine, clock }: PipelineParts,
  { addresses, customers, rows }: FoundPerson,
): Promise<ErasureTraces> {
  const unified = await unifiedTraces(engine, { customers, records: rows.records, addresses });
  const segments = await segmentTraces(engine, customers);
  const exports = await exportTraces(engine, { addresses, customers }, clock.now());
  const rejected = await countRejected(engine, addresses);
  const place = (name: string, count: number, became: PlaceErasure['became'] = 'removed'): PlaceErasure[] =>
    count === 0 ? [] : [{ place: name, rows: count, became }];
  return {
    places: [
      ...[...rows.counts].flatMap(([source, count]) => place(`source ${source}`, count)),
      ...place('rejected rows', rejected, 'blanked'),
      ...unified.flatMap(({ table, rows: count }) => place(table, count)),
      ...place('segments', segments.rows),
      ...exports.found.flatMap(({ table, rows: count, became }) => place(`export.${table}`, count, became)),
    ],
    changes: [
      ...forgetPersonRows(rows),
      ...(await dropStaged(engine)),
      ...(rejected === 0 ? [] : [blankRejected(engine, addresses)]),
      ...unified.map(({ remove }) => remove),
      ...segments.changes,
      ...exports.changes,
    ],
  };
}

/** Every audience, as `connection:audience`, that an export of the workspace or something we remember knows. */
export async function erasureAudiences({ engine, settings }: PipelineParts): Promise<string[]> {
  const configured = [...settings.exports.values()].map(audienceKey);
  return [...new Set([...configured, ...(await knownAudiences(engine))])].toSorted();
}
