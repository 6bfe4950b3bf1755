import { PostriderError } from '../base/errors.ts';
import { newRunId } from '../base/ids.ts';
import type { Change } from '../engine/engine.ts';
import { requestsHeldUntil } from '../exports/chunks.ts';
import { exportTraces } from '../exports/forget-addresses.ts';
import { prepareSourceTables } from '../sources/loaded-source.ts';
import {
  readErasures,
  refuseNaming,
  writeErasure,
  type AudienceErasure,
  type Erasure,
  type PlaceErasure,
  type RemovalKind,
} from '../suppression/erasure.ts';
import {
  erasuresOf,
  openSuppression,
  suppress,
  suppressedBy,
  type SuppressedThing,
} from '../suppression/suppression-list.ts';
import { ensureSuppressionTables } from '../suppression/suppression-tables.ts';
import { inEndingTurn } from './ending-turn.ts';
import { eraseInAudience, pendingErasure } from './erase-in-audience.ts';
import { erasureAudiences, erasureTraces } from './erasure-traces.ts';
import { findTraces, foldAddress, type FoundPerson } from './person-traces.ts';
import { atPresent, type PipelineParts } from './pipeline-parts.ts';

export interface ForgetRequest {
  how: RemovalKind;
  by: string;
  why: string;
  /** How many profiles may go: needed where the address leads to more than one. */
  people?: number;
}

/** What an erasure would take away. */
export interface ErasurePreview {
  addresses: string[];
  profiles: number;
  places: PlaceErasure[];
  /** As `connection:audience`. */
  audiences: string[];
}

/** What `forgetPerson` would take away; nothing changes. */
export async function previewErasure(parts: PipelineParts, text: string): Promise<ErasurePreview> {
  const found = await findTraces(parts, text, (await openErasure(parts, text))?.addresses);
  const { places } = await erasureTraces(parts, found);
  const { addresses, profiles } = found;
  return { addresses, profiles: profiles.length, places, audiences: await erasureAudiences(parts) };
}

/**
 * Erases somebody here and in Mailchimp (promise 12), in an order that survives a crash at any point:
 *
 *   suppressed → removed here → removed in each audience → done
 *
 * Each arrow is one commit together with the receipt. From the first on nobody brings the person back, and the same
 * command goes on where the last one ended; until it is done, the addresses are kept sealed.
 * @param inTurn does what replaces people here while nothing else does: a refresh that has read them would write them
 *   back
 * @returns the receipt; `open` where an audience is not done with
 * @throws `person_unknown`, `forget_several_people`, `reason_names_person`, `suppression_key_changed`
 */
export async function forgetPerson(
  parts: PipelineParts,
  text: string,
  request: ForgetRequest,
  inTurn: <Result>(work: () => Promise<Result>) => Promise<Result> = (work) => work(),
): Promise<Erasure> {
  const { engine, suppressionKey: key, clock } = parts;
  const removed = await inTurn(async () => removeHere(await atPresent(parts), text, request));
  const { addresses, customers } = removed.found;
  let { record } = removed;
  const save = async (next: Partial<Erasure>, changes: readonly Change[] = []): Promise<void> => {
    record = { ...record, ...next };
    await engine.commit([...changes, ...writeErasure(key, record, addresses)]);
  };

  await outlastRequests(parts);
  for (const [index, audience] of record.audiences.entries()) {
    if (audience.open === null) continue;
    const ended = await eraseInAudience(parts, audience, addresses);
    await save({ audiences: record.audiences.with(index, ended) });
  }
  // The answer to a request that was on its way named them once more.
  await inEndingTurn(parts, async () => {
    const late = await exportTraces(engine, { addresses, customers }, clock.now());
    if (late.found.length > 0) await engine.commit(late.changes);
  });
  if (record.audiences.every((audience) => audience.open === null)) {
    await save({ state: 'done', finishedAt: clock.now().toISOString() });
  }
  // The log of writes holds what was replaced until it is folded into the file.
  await engine.checkpoint();
  return record;
}

/** The first two steps: everybody who is to go is found, suppressed, and taken out of this installation. */
async function removeHere(
  parts: PipelineParts,
  text: string,
  request: ForgetRequest,
): Promise<{ record: Erasure; found: FoundPerson }> {
  const { engine, suppressionKey: key, clock } = parts;
  await ensureSuppressionTables(engine);
  await prepareSourceTables(engine);
  // With another key the list would keep nobody out, and say that it does.
  await openSuppression(engine, key);
  const earlier = await openErasure(parts, text);
  const found = await findTraces(parts, text, earlier?.addresses);
  refuseSeveral(found, request);
  refuseNaming(found.addresses, request);

  const begun = earlier?.record ?? newErasure(clock.now(), request);
  const audiences = await audiencesToDo(parts, begun, request.how);
  const suppressed: Erasure = { ...begun, how: request.how, audiences };
  await engine.commit([
    ...suppress(key, suppressed.erasure, thingsOf(found), clock.now()),
    ...writeErasure(key, suppressed, found.addresses),
  ]);

  return inEndingTurn(parts, async () => {
    const { places, changes } = await erasureTraces(parts, found);
    const record: Erasure = {
      ...suppressed,
      profiles: suppressed.profiles + found.profiles.length,
      places: added(suppressed.places, places),
      suppressed: await suppressedBy(engine, suppressed.erasure),
    };
    await engine.commit([...changes, ...writeErasure(key, record, found.addresses)]);
    return { record, found };
  });
}

/** The erasure of this address that has not ended, with all addresses it is about. */
async function openErasure(
  { engine, suppressionKey: key }: PipelineParts,
  text: string,
): Promise<{ record: Erasure; addresses: string[] } | undefined> {
  const all = await readErasures(engine, key, await erasuresOf(engine, key, foldAddress(text)));
  return all.find(({ record }) => record.state === 'open');
}

function newErasure(now: Date, { how, by, why }: ForgetRequest): Erasure {
  return {
    // As short and readable as a run's.
    erasure: `e${newRunId(now).slice(1)}`,
    state: 'open',
    how,
    by,
    why,
    startedAt: now.toISOString(),
    finishedAt: null,
    profiles: 0,
    places: [],
    suppressed: {},
    audiences: [],
    lifted: null,
  };
}

function refuseSeveral({ profiles }: FoundPerson, { people = 1 }: ForgetRequest): void {
  if (profiles.length <= 1 || profiles.length === people) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'forget_several_people',
    message: `${profiles.length} profiles hang together by addresses that they share; all of them would be erased.`,
    hint: `Look at them with --dry-run and "postrider person". If all of them shall go: --people ${profiles.length}`,
  });
}

function thingsOf({ addresses, rows }: FoundPerson): SuppressedThing[] {
  return [
    ...addresses.map((address): SuppressedThing => ({ kind: 'address', address })),
    ...rows.records.map((record): SuppressedThing => ({ kind: 'record', ...record })),
    ...rows.references.map((reference): SuppressedThing => ({ kind: 'reference', ...reference })),
  ];
}

/** Places of a first and a second try together. */
function added(one: readonly PlaceErasure[], other: readonly PlaceErasure[]): PlaceErasure[] {
  const all = new Map<string, PlaceErasure>();
  for (const each of [...one, ...other]) {
    const name = `${each.place} ${each.became}`;
    all.set(name, { ...each, rows: each.rows + (all.get(name)?.rows ?? 0) });
  }
  return [...all.values()];
}

/** All audiences known now or when the erasure began; what an earlier try ended in the same way stays ended. */
async function audiencesToDo(
  parts: PipelineParts,
  { audiences }: Erasure,
  how: RemovalKind,
): Promise<AudienceErasure[]> {
  const all = [...audiences, ...(await erasureAudiences(parts)).map((key) => pendingErasure(key, how))];
  const byKey = new Map<string, AudienceErasure>();
  for (const each of all) {
    const key = `${each.connection}:${each.audience}`;
    if (!byKey.has(key)) byKey.set(key, each.how === how ? each : pendingErasure(key, how));
  }
  return [...byKey.values()];
}

/**
 * A request that is on its way, or was cut off, may still be at work at Mailchimp, and would bring back who is archived
 * before it ends.
 */
async function outlastRequests(parts: PipelineParts): Promise<void> {
  const { engine, clock, progress } = parts;
  const held = await requestsHeldUntil(engine, parts, clock.now());
  const wait = Math.max(0, ...held.map((until) => until.getTime() - clock.now().getTime()));
  if (wait === 0) return;
  progress.say(`Waiting ${Math.ceil(wait / 1000)} s until the requests of a run are surely over.`);
  await clock.sleep(wait);
}
