import { resolve } from 'node:path';
import { inputError, PostriderError } from '../base/errors.ts';
import { newRunId, type ExportId, type SegmentId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { AudienceDescription, Destination } from '../delivery/destination.ts';
import type { Column } from '../engine/engine.ts';
import { audienceSizes, renameTagInFacts } from '../exports/audience-facts.ts';
import { buildPlan, segmentsInLedger } from '../exports/build-plan.ts';
import { takeInDoNotSend } from '../exports/do-not-send.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { checkFieldMapping, type FieldMapping, type MergeFieldType } from '../exports/field-value.ts';
import { guardPlan } from '../exports/guard.ts';
import { noteOwnTag, ownTags, planTags, type OwnTag } from '../exports/own-tags.ts';
import { groundOf, type ExportRun, type PlannedTag } from '../exports/plan.ts';
import { exportedPeople, listRuns, writeRun } from '../exports/run-records.ts';
import { readProfileShape } from '../profiles/profile-shape.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { audienceKey, exportOf, segmentName, type PipelineParts } from './pipeline-parts.ts';
import { readFacts } from './read-facts.ts';

/**
 * Makes and stores the plan of an export against the audience as it is now. Reads only; sends nothing. A
 * plan with a brake can be looked at like any other; a run of it stops.
 */
export async function planExport(
  parts: PipelineParts,
  destination: Destination,
  exportId: string,
  request: { by: string; limit?: number },
): Promise<ExportRun> {
  const { engine, clock, settings } = parts;
  const { id, config } = exportOf(settings, exportId);
  const key = audienceKey(config);
  const started = clock.now();
  const requestsBefore = destination.traffic();

  const ground = await groundFor(parts, destination, id, config);
  await readFacts(parts, destination, { key, id: config.audience });
  await readDoNotSend(parts);

  const run = newRunId(started);
  const { people, changes } = await buildPlan(engine, {
    run,
    export: id,
    audience: key,
    config,
    email: ground.email,
    fields: ground.fields,
    tags: ground.tags,
    ...(request.limit === undefined ? {} : { limit: request.limit }),
  });

  const before = await exportedPeople(engine, id, key);
  const sizes = new Map((await segmentSizes(engine)).map((size) => [size.segment, size.members]));
  const finishedBefore = await listRuns(engine, { export: id, status: 'succeeded' });
  const statuses = await audienceSizes(engine, key);
  const brake = guardPlan(
    {
      people,
      exportedBefore: before.people,
      emptied: config.segments
        .filter((segment) => before.segments.has(segment) && (sizes.get(segment as SegmentId) ?? 0) === 0)
        .map((segment) => segmentName(parts.settings, segment as SegmentId)),
      billable: (statuses.subscribed ?? 0) + (statuses.unsubscribed ?? 0) + (statuses.transactional ?? 0),
      // A canary is no run to compare with: after it nearly everybody is new.
      firstRun: finishedBefore.every((run) => run.limit !== null),
    },
    config.limits,
  );

  const traffic = destination.traffic();
  const record: ExportRun = {
    run,
    export: id,
    audience: key,
    audienceId: config.audience,
    status: 'planned',
    madeAt: started.toISOString(),
    startedAt: null,
    finishedAt: null,
    people,
    changes,
    requests: traffic.requests - requestsBefore.requests,
    retries: traffic.retries - requestsBefore.retries,
    seconds: (clock.now().getTime() - started.getTime()) / 1000,
    brake,
    warnings: ground.warnings,
    tags: ground.tags,
    leavers: config.leavers,
    newContacts: config.newContacts,
    ground: ground.digest,
    requestedBy: request.by,
    limit: request.limit ?? null,
    release: null,
    failure: null,
  };
  await engine.commit(writeRun(record));
  return record;
}

/** The do-not-send list as it is now. */
export async function readDoNotSend({
  engine,
  settings: { doNotSend, folder },
}: PipelineParts): Promise<void> {
  await takeInDoNotSend(engine, doNotSend === undefined ? undefined : resolve(folder, doNotSend));
}

export interface PlanGround {
  email: Column;
  fields: FieldMapping[];
  tags: PlannedTag[];
  warnings: string[];
  digest: string;
}

/** What a plan stands on, checked: the export, its mapping, the audience's fields and the tags. */
export async function groundFor(
  parts: PipelineParts,
  destination: Destination,
  id: ExportId,
  config: ExportConfig,
): Promise<PlanGround> {
  const audience = await destination.describe(config.audience);
  const shape = await readProfileShape(parts.engine);
  await refuseUnknownSizes(parts, config);
  const attribute = (name: string, where: string): Column => {
    const column = shape.attributes.find((each) => each.name === name);
    if (column !== undefined) return column;
    const names = shape.attributes.map((each) => each.name);
    throw inputError(
      'attribute_unknown',
      `${where}: profiles have no attribute "${name}".`,
      suggestName(name, names),
    );
  };
  const email = attribute(config.match.email, `exports.${id}.match.email`);
  const fields = Object.entries(config.attributes).map(([tag, name]): FieldMapping => {
    const where = `exports.${id}.attributes.${tag}`;
    const mapping = { tag, type: fieldType(audience, tag, where), attribute: attribute(name, where) };
    checkFieldMapping(mapping, where);
    return mapping;
  });
  const key = audienceKey(config);
  const own = await followRenames(parts, key, await ownTags(parts.engine, key), audience);
  const tags = planTags(
    config.segments.map((segment) => ({
      segment: segment as SegmentId,
      name: segmentName(parts.settings, segment as SegmentId),
    })),
    await segmentsInLedger(parts.engine, id),
    own,
    audience.tags,
    config.adoptTags,
  );
  const digest = groundOf({
    config,
    fields: fields.map(({ tag, type, attribute: column }) => [tag, type, column.name, column.type]),
    tags,
  });
  return { email, fields, tags, warnings: warningsFor(audience, config), digest };
}

async function refuseUnknownSizes(parts: PipelineParts, config: ExportConfig): Promise<void> {
  const computed = new Set((await segmentSizes(parts.engine)).map((size) => size.segment as string));
  const missing = [...config.segments, ...config.exclude].find((segment) => !computed.has(segment));
  if (missing === undefined) return;
  // A segment that was never computed must not pass for an empty one: its people would all "leave".
  throw inputError(
    'segment_not_computed',
    `The segment "${missing}" has not been computed yet.`,
    'Compute it first: postrider refresh --until segments',
  );
}

/**
 * Tags that were renamed in Mailchimp since we knew them: the facts name tags as they were read, and a rename
 * moves nobody's last change.
 */
async function followRenames(
  parts: PipelineParts,
  audienceKeyText: string,
  own: readonly OwnTag[],
  audience: AudienceDescription,
): Promise<OwnTag[]> {
  const followed: OwnTag[] = [];
  for (const tag of own) {
    const present = audience.tags.find((each) => each.id === tag.tagId);
    if (present === undefined || present.name.toLowerCase() === tag.name.toLowerCase()) {
      followed.push(tag);
      continue;
    }
    const renamed = { ...tag, name: present.name };
    await parts.engine.commit([
      renameTagInFacts(audienceKeyText, tag.name.toLowerCase(), present.name.toLowerCase()),
      ...noteOwnTag(audienceKeyText, renamed),
    ]);
    followed.push(renamed);
  }
  return followed;
}

function fieldType(audience: AudienceDescription, tag: string, where: string): MergeFieldType {
  const field = audience.fields.find((each) => each.tag === tag);
  if (field !== undefined) return field.type as MergeFieldType;
  // Mailchimp ignores unknown merge fields without a word (FACTS §7), so they are refused here.
  throw new PostriderError({
    kind: 'configuration',
    code: 'merge_field_unknown',
    message: `${where}: the audience "${audience.name}" has no merge field ${tag}.`,
    hint: suggestName(
      tag,
      audience.fields.map((each) => each.tag),
    ),
  });
}

function warningsFor(audience: AudienceDescription, config: ExportConfig): string[] {
  const warnings: string[] = [];
  if (audience.doubleOptIn && config.newContacts === 'subscribed') {
    warnings.push('The audience asks for double opt-in, and the export subscribes new people without it.');
  }
  const unmapped = audience.fields.filter(
    (field) => field.required && config.attributes[field.tag] === undefined,
  );
  if (unmapped.length > 0) {
    const names = unmapped.map((field) => field.tag).join(', ');
    warnings.push(
      `The audience requires ${names}, which the export does not fill; Mailchimp may refuse new people.`,
    );
  }
  return warnings;
}
