import { resolve } from 'node:path';
import type { ExportId, SegmentId } from '../base/ids.ts';
import type { AudienceDescription, Destination } from '../delivery/destination.ts';
import { audienceSizes, renameTagInFacts } from '../exports/audience-facts.ts';
import { audienceKey } from '../exports/audience-key.ts';
import { noteAudienceName } from '../exports/audience-overview.ts';
import { buildPlan, segmentsInLedger } from '../exports/build-plan.ts';
import { takeInDoNotSend } from '../exports/do-not-send.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { fieldProblems } from '../exports/field-problems.ts';
import { guardPlan } from '../exports/guard.ts';
import { noteOwnTag, ownTags, planTags, type OwnTag } from '../exports/own-tags.ts';
import { groundOf, type ExportRun, type PlannedTag } from '../exports/plan.ts';
import { dropPlan, exportedPeople, hasRunInFull } from '../exports/run-records.ts';
import { readProfileShape } from '../profiles/profile-shape.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { testResults } from '../segments/segment-tests.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { contactMeter } from './contact-meter.ts';
import { fieldTypes, mapFields, type MappedFields } from './map-fields.ts';
import { openSuppression } from '../suppression/suppression-list.ts';
import { exportOf, segmentName, type PipelineParts } from './pipeline-parts.ts';
import { beginPlanning, type Planning } from './planning.ts';
import { audienceWarnings, peopleWarnings } from './plan-warnings.ts';
import { readFacts } from './read-facts.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';
import { refuseUnusable, segmentWarnings } from './usable-segments.ts';

/**
 * Makes and stores the plan of an export against the audience as it is now. Reads only; sends nothing. A
 * plan with a brake can be looked at like any other; a run of it stops.
 */
export async function planExport(
  parts: PipelineParts,
  destination: Destination,
  exportId: string,
  request: PlanRequest,
): Promise<ExportRun> {
  const planning = beginPlanning(parts, destination);
  try {
    return await planAs(planning, parts, destination, exportId, request);
  } catch (error) {
    // Its people may be there before it has a record, by which alone they are found when their time is over.
    await parts.engine.commit(dropPlan(planning.run)).catch(() => undefined);
    throw error;
  }
}

interface PlanRequest {
  by: string;
  limit?: number;
  signal?: AbortSignal;
}

async function planAs(
  planning: Planning,
  parts: PipelineParts,
  destination: Destination,
  exportId: string,
  request: PlanRequest,
): Promise<ExportRun> {
  const { engine, settings } = parts;
  const { id, config } = exportOf(settings, exportId);
  const key = audienceKey(config);
  const { run, started, store } = planning;

  refuseIfCancelled(request.signal);
  const ground = await groundFor(parts, destination, id, config);
  await noteRenames(parts, key, ground.renames);
  await readFacts(parts, destination, { key, id: config.audience }, request.signal);
  await engine.commit(noteAudienceName(key, ground.audienceName));
  await readDoNotSend(parts);

  const erased = await openSuppression(engine, parts.suppressionKey);
  const { people, changes } = await buildPlan(engine, {
    run,
    export: id,
    audience: key,
    config,
    email: ground.email,
    fields: ground.fields,
    ...(ground.consent === undefined ? {} : { consent: ground.consent }),
    tags: ground.tags,
    now: started.toISOString(),
    ...(request.limit === undefined ? {} : { limit: request.limit }),
    ...(erased === undefined ? {} : { erased }),
  });

  refuseIfCancelled(request.signal);
  const before = await exportedPeople(engine, id, key);
  const sizes = new Map((await segmentSizes(engine)).map((size) => [size.segment, size.members]));
  const statuses = await audienceSizes(engine, key);
  const contacts = await contactMeter(
    destination,
    config.audience,
    statuses,
    people.add,
    config.limits.contract,
  );
  const problems = await fieldProblems(engine, run, ground.fields, people.desired);
  const { warnings, tagged } = await peopleWarnings(engine, run, problems);
  const failedTests = new Set(
    (await testResults(engine)).filter((test) => !test.passed).map((test) => test.segment),
  );
  const brake = guardPlan(
    {
      people,
      moves: changes.moves ?? 0,
      exportedBefore: before.people,
      emptied: config.segments
        .filter((segment) => before.segments.has(segment) && (sizes.get(segment as SegmentId) ?? 0) === 0)
        .map((segment) => segmentName(parts.settings, segment as SegmentId)),
      failedTests: [...config.segments, ...config.exclude]
        .filter((segment) => failedTests.has(segment as SegmentId))
        .map((segment) => segmentName(parts.settings, segment as SegmentId)),
      billable: contacts.audience.now,
      elsewhere: contacts.account.now - contacts.audience.now,
      sourceAges: await sourceAges(parts, started),
      // A canary is no run to compare with, nor what takes one back: after it nearly everybody is new.
      firstRun: !(await hasRunInFull(engine, id)),
    },
    config.limits,
  );

  return store({
    export: id,
    audience: key,
    audienceId: config.audience,
    people,
    changes,
    brake,
    warnings: [...ground.warnings, ...warnings],
    tags: ground.tags,
    leavers: config.leavers,
    newContacts: config.newContacts,
    fieldTypes: fieldTypes(ground.fields),
    newFields: ground.newFields,
    skipRequired: config.requiredFields === 'skip',
    fieldProblems: problems,
    contacts,
    tagged,
    ground: ground.digest,
    requestedBy: request.by,
    limit: request.limit ?? null,
  });
}

/** The do-not-send list as it is now. */
export async function readDoNotSend({
  engine,
  settings: { doNotSend, folder },
}: PipelineParts): Promise<void> {
  await takeInDoNotSend(engine, doNotSend === undefined ? undefined : resolve(folder, doNotSend));
}

/** How old the data of each source are, in hours. */
async function sourceAges(
  { engine, settings }: PipelineParts,
  now: Date,
): Promise<{ source: string; hours: number }[]> {
  const loads = await loadedSources(engine);
  return loads
    .filter(({ source }) => settings.sources.has(source))
    .map(({ source, dataAt }) => ({ source, hours: (now.getTime() - Date.parse(dataAt)) / 3_600_000 }));
}

export interface PlanGround extends MappedFields {
  audienceName: string;
  tags: PlannedTag[];
  /** For whoever goes on to plan or to send; what only looks must change nothing. */
  renames: TagRename[];
  warnings: string[];
  digest: string;
}

/** What a plan stands on, checked: the export, its mapping, the audience's fields and the tags. Changes nothing. */
export async function groundFor(
  parts: PipelineParts,
  destination: Destination,
  id: ExportId,
  config: ExportConfig,
): Promise<PlanGround> {
  const audience = await destination.describe(config.audience);
  const shape = await readProfileShape(parts.engine);
  const sizes = await segmentSizes(parts.engine);
  refuseUnusable(parts.settings, sizes, config);
  const mapped = mapFields(audience, shape.attributes, id, config);
  const key = audienceKey(config);
  const { own, renames } = presentNames(await ownTags(parts.engine, key), audience);
  const tags = planTags(
    config.segments.map((segment) => ({
      segment: segment as SegmentId,
      name: `${config.tagPrefix}${segmentName(parts.settings, segment as SegmentId)}`,
    })),
    await segmentsInLedger(parts.engine, id),
    own,
    audience.tags,
    config.adoptTags,
  );
  const digest = groundOf({ config, fields: mapped.fields, consent: mapped.consent, tags });
  const warnings = [
    ...segmentWarnings(parts.settings.segments, sizes, config),
    ...audienceWarnings(audience, config, mapped.newFields),
  ];
  return { ...mapped, audienceName: audience.name, tags, renames, warnings, digest };
}

/** A tag of ours that has another name in Mailchimp than when we knew it last. */
export interface TagRename {
  tag: OwnTag;
  before: string;
}

function presentNames(
  known: readonly OwnTag[],
  audience: AudienceDescription,
): { own: OwnTag[]; renames: TagRename[] } {
  const renames: TagRename[] = [];
  const own = known.map((tag) => {
    const present = audience.tags.find((each) => each.id === tag.tagId);
    if (present === undefined || present.name.toLowerCase() === tag.name.toLowerCase()) return tag;
    const renamed = { ...tag, name: present.name };
    renames.push({ tag: renamed, before: tag.name });
    return renamed;
  });
  return { own, renames };
}

/** The facts name tags as they were read, and a rename moves nobody's last change: they follow it. */
export async function noteRenames(
  { engine }: PipelineParts,
  audienceKeyText: string,
  renames: readonly TagRename[],
): Promise<void> {
  for (const { tag, before } of renames) {
    await engine.commit([
      renameTagInFacts(audienceKeyText, before.toLowerCase(), tag.name.toLowerCase()),
      ...noteOwnTag(audienceKeyText, tag),
    ]);
  }
}

/** Our tags under the names that they have now, which are noted. */
export async function followRenames(
  parts: PipelineParts,
  audienceKeyText: string,
  known: readonly OwnTag[],
  audience: AudienceDescription,
): Promise<OwnTag[]> {
  const { own, renames } = presentNames(known, audience);
  await noteRenames(parts, audienceKeyText, renames);
  return own;
}
