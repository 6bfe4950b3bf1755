import { inputError, messageOf } from '../base/errors.ts';
import type { ConnectionId, ExportId, SegmentId } from '../base/ids.ts';
import { contactAttributes } from '../exports/contact-state.ts';
import type { ExportRun } from '../exports/plan.ts';
import { defaultKeepDays, trimRuns } from '../exports/retention.ts';
import { readProfileShape, type ProfileShape } from '../profiles/profile-shape.ts';
import { buildCatalogue, type Catalogue } from '../segments/catalogue.ts';
import { checkComputed, computeAttributes } from '../segments/computed-attributes.ts';
import { refreshSegments } from '../segments/refresh-segments.ts';
import type { SegmentSize } from '../segments/segment-sizes.ts';
import { ingestSource } from '../sources/ingest.ts';
import { openSuppression } from '../suppression/suppression-list.ts';
import { forgetSources, loadedSources, type SourceLoad } from '../sources/loaded-source.ts';
import { unify, type UnifyResult } from '../unify/unify.ts';
import { rowLinksOf } from './person-traces.ts';
import { audiencesOf, bringContactsUpToDate } from './live-contacts.ts';
import { atPresent, exportOf, pauseOf, type PipelineParts } from './pipeline-parts.ts';
import { zoneOf } from './settings.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';
import { runExport } from './run-export.ts';
import { exportsOfRefresh, refreshTimes } from './schedule-rules.ts';

export const stages = ['sources', 'unify', 'segments', 'exports'] as const;
export type Stage = (typeof stages)[number];

export interface RefreshResult {
  sources: SourceLoad[];
  unify?: UnifyResult;
  segments?: SegmentSize[];
  exports?: ExportRun[];
}

export interface RefreshRequest {
  /** The last stage to do; all of the line when absent. */
  until?: Stage;
  by: string;
  /** Whether whoever asks may run this export; absent: they may run all. */
  mayRun?(id: ExportId): Promise<boolean>;
  signal: AbortSignal;
  watch?: RefreshWatch;
  /**
   * Does the stages up to the segments when nothing else replaces people, and keeps it waiting meanwhile. Exports are
   * no part of it: they may take hours, and change nobody here.
   */
  inTurn?: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

/** Is told how a refresh goes on; nothing depends on it. */
export interface RefreshWatch {
  /** A stage begins, and the one before it is done. */
  stage(stage: Stage): void;
  /** An export came to its end: with a run, or with what kept it from having one. */
  exported(end: { export: ExportId; run?: ExportRun; error?: unknown }): void;
}

/**
 * One refresh: the whole line once, left to right. Each stage replaces its tables in one step, so a stage
 * that fails leaves the last good state, and nothing behind it runs on half-refreshed data.
 */
export async function refresh(parts: PipelineParts, request: RefreshRequest): Promise<RefreshResult> {
  const { inTurn = (work) => work() } = request;
  const result = await inTurn(async () => refreshPeople(await atPresent(parts), request));
  if (request.until !== undefined && request.until !== 'exports') return result;

  refuseIfCancelled(request.signal, cancelledHere);
  request.watch?.stage('exports');
  await trimOldRuns(parts);
  result.exports = await runExports(parts, request);
  return result;
}

async function refreshPeople(parts: PipelineParts, request: RefreshRequest): Promise<RefreshResult> {
  request.watch?.stage('sources');
  const result: RefreshResult = { sources: await readSources(parts, request.signal) };
  if (request.until === 'sources') return result;

  // Between the stages, so that what is there is whole.
  refuseIfCancelled(request.signal, cancelledHere);
  request.watch?.stage('unify');
  result.unify = await makeProfiles(parts);
  if (request.until === 'unify') return result;

  refuseIfCancelled(request.signal, cancelledHere);
  request.watch?.stage('segments');
  result.segments = await computeSegments(parts, request.signal);
  return result;
}

const cancelledHere = 'Cancelled while sources were read or between two stages; what was made before stays.';

async function readSources(parts: PipelineParts, signal: AbortSignal): Promise<SourceLoad[]> {
  const { engine, settings, clock, progress, scratch, env } = parts;
  if (settings.sources.size === 0) {
    throw inputError(
      'no_sources',
      'The workspace has no sources.',
      'Write them into a workspace file: postrider apply FILE',
    );
  }
  // Those that were removed from the workspace, and whose rows a refresh of that moment or a crash left there.
  const left = (await loadedSources(engine)).map(({ source }) => source);
  await forgetSources(
    engine,
    left.filter((id) => !settings.sources.has(id)),
  );
  const list = await openSuppression(engine, parts.suppressionKey);
  const keptOut = list === undefined ? {} : { keptOut: { list, links: rowLinksOf(settings) } };
  const loads: SourceLoad[] = [];
  for (const [id, config] of settings.sources) {
    progress.count(`source ${id}`, loads.length, settings.sources.size);
    const place = { folder: settings.folder, now: clock.now(), scratch, env, signal, ...keptOut };
    try {
      loads.push(await ingestSource(engine, id, config, place));
    } catch (error) {
      refuseIfCancelled(signal, cancelledHere);
      throw error;
    }
  }
  return loads;
}

async function makeProfiles(parts: PipelineParts): Promise<UnifyResult> {
  const { engine, settings, clock } = parts;
  if (settings.unify === undefined) {
    throw inputError(
      'no_unify',
      'The workspace does not say how records become profiles.',
      'Add a "unify" section.',
    );
  }
  const computed = settings.computed ?? new Map();
  // Before minutes of work that would come to nothing.
  if (computed.size > 0) checkComputed(computed, await catalogueOf(parts, { attributes: [] }));
  return unify(engine, settings.unify, await loadedSources(engine), {
    now: clock.now(),
    folder: settings.folder,
    complete: async (people) =>
      computeAttributes(engine, computed, await catalogueOf(parts, people), people, {
        now: clock.now(),
        timeZone: zoneOf(settings),
      }),
  });
}

async function computeSegments(parts: PipelineParts, signal: AbortSignal): Promise<SegmentSize[]> {
  await bringContactsUpToDate(parts, signal);
  return recomputeSegments(parts, parts.clock.now());
}

/** @param only these by hand, static ones too, and what depends on them; absent: all that are due */
export async function recomputeSegments(
  parts: PipelineParts,
  now: Date,
  only?: readonly SegmentId[],
): Promise<SegmentSize[]> {
  const { engine, settings } = parts;
  return refreshSegments(engine, settings.segments, await currentCatalogue(parts), {
    now,
    timeZone: zoneOf(settings),
    folder: settings.folder,
    ...(only === undefined ? {} : { only }),
  });
}

/** What rules can speak of, from the data as it is loaded now. */
export async function currentCatalogue(parts: PipelineParts): Promise<Catalogue> {
  return catalogueOf(parts, await readProfileShape(parts.engine));
}

async function catalogueOf(
  { engine, settings }: PipelineParts,
  profile: Pick<ProfileShape, 'attributes'>,
): Promise<Catalogue> {
  return buildCatalogue({
    profile,
    beside: contactAttributes(audiencesOf(settings)),
    sources: await loadedSources(engine),
    unified: settings.unify?.sources.map(({ source }) => source) ?? [],
    relationships: settings.relationships,
    segments: settings.segments,
  });
}

/** Before the exports: one that fails every night must not keep people's data for ever. */
async function trimOldRuns({ engine, settings, clock, progress }: PipelineParts): Promise<void> {
  const keepDays = settings.retention?.runs.days ?? defaultKeepDays;
  const trimmed = await trimRuns(engine, { keepDays, now: clock.now() });
  if (trimmed.length > 0) {
    progress.say(
      `The people of ${trimmed.length} runs older than ${keepDays} days were removed; the counts stay.`,
    );
  }
}

/** The exports that go along; the others run when a person says so. */
async function runExports(
  parts: PipelineParts,
  { until, by, mayRun, signal, watch }: RefreshRequest,
): Promise<ExportRun[]> {
  const { settings, progress } = await atPresent(parts);
  if (settings.exports.size === 0) return [];
  if (until === undefined && refreshTimes(settings) === undefined) {
    progress.say('No schedule: exports run when a person says so (postrider run EXPORT).');
    return [];
  }
  const runs: ExportRun[] = [];
  let failure: unknown;
  for (const id of exportsOfRefresh(settings, until)) {
    if (signal.aborted) break;
    // One export that cannot run must not keep the others from running; its error is told when they are done.
    try {
      // The ones before it may have taken hours.
      const present = await atPresent(parts);
      if (!exportsOfRefresh(present.settings, until).includes(id)) {
        progress.say(`The export ${id} was removed or switched off meanwhile.`);
        continue;
      }
      if (mayRun !== undefined && !(await mayRun(id))) {
        progress.say(`The export ${id} was left out: its connection is not shared with whoever asked.`);
        continue;
      }
      const paused = await pauseOf(present, id);
      if (paused !== undefined) {
        progress.say(`The export ${id} is paused: ${paused}`);
        continue;
      }
      const { connection } = exportOf(present.settings, id).config;
      const user = await present.exportUser?.(connection as ConnectionId);
      const run = await runExport(present, id, { by: user ?? by, signal });
      runs.push(run);
      watch?.exported({ export: id, run });
    } catch (error) {
      watch?.exported({ export: id, error });
      progress.say(`The export ${id} could not run: ${messageOf(error)}`);
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return runs;
}
