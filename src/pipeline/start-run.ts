import { PostriderError } from '../base/errors.ts';
import { isWaiting } from '../exports/cancelled-run.ts';
import { fieldChoices } from '../exports/field-choice.ts';
import { nextReadFrom, renameTagInFacts } from '../exports/audience-facts.ts';
import type { Destination } from '../delivery/destination.ts';
import { cutIntoChunks, segmentsToGive } from '../exports/chunks.ts';
import { countMoved, leaveOutDoNotSend, leaveOutMoved } from '../exports/moved-people.ts';
import { forgetOwnTag, inOrderOfNames, noteOwnTag, ownTags } from '../exports/own-tags.ts';
import type { ExportRun, PlannedTag } from '../exports/plan.ts';
import { journalled } from '../exports/undo-plan.ts';
import { exportOf, type PipelineParts } from './pipeline-parts.ts';
import { changeRun } from './change-run.ts';
import { makeFields } from './make-fields.ts';
import { groundFor, noteRenames, readDoNotSend } from './plan-export.ts';
import { readFacts } from './read-facts.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';
import { undoGround } from './undo-ground.ts';
import { untilKnown } from './until-known.ts';

/** More than this share of a plan's people moved: the plan is of another world (promise 4). */
const mostMoved = 0.05;

/**
 * Everything before the first write of people: the plan's ground is compared, the audience is read again, who moved is
 * left out, tags are made, the work is cut into chunks. A plan is started once; what refuses it says why.
 * @returns the run, when the reading of the audience began that it stands on, and from when one is to read who left since
 * @param signal aborted: no further request, and the plan stays as it is
 * @param justPlanned the plan was made by this very call, so that its ground and its reading are as fresh as they get
 */
export async function startRun(
  parts: PipelineParts,
  destination: Destination,
  planned: ExportRun,
  signal: AbortSignal,
  justPlanned: boolean,
): Promise<{ run: ExportRun; readAt: Date; readFrom: string | undefined }> {
  const { engine, clock } = parts;
  refuseUnlessStartable(planned);
  refuseIfCancelled(signal);
  const { run, audience } = planned;
  const starting = { run, audience, tags: planned.tags, fields: await fieldsOf(parts, planned) };
  let readAt = new Date(planned.madeAt);
  if (!justPlanned) {
    if ((await groundNow(parts, destination, planned)) !== planned.ground) {
      throw outdated(
        'the export, its mapping, or the fields or tags of the audience changed since it was made',
      );
    }
    readAt = clock.now();
    await readDoNotSend(parts);
    await readFacts(parts, destination, { key: planned.audience, id: planned.audienceId }, signal);
    const { moved, of } = await countMoved(engine, starting);
    if (moved > of * mostMoved) throw outdated(`${moved} of its ${of} people moved since it was made`);
  }

  await makeFields(parts, destination, planned, signal);
  const tags = await makeTags(parts, destination, planned, signal);
  refuseIfCancelled(signal);
  // What the run makes is part of the ground from then on: whoever goes on with it later finds it there.
  const ground = madeSomething(planned, tags) ? await groundNow(parts, destination, planned) : planned.ground;
  const now = clock.now();
  // Before the facts are looked at: a refresh may read the audience once more at any moment.
  const readFrom = await nextReadFrom(engine, audience);
  const begin = (present: ExportRun): ExportRun => {
    refuseUnlessStartable(present);
    return { ...present, tags, ground, status: 'running', startedAt: now.toISOString() };
  };
  const started = await changeRun(parts, run, begin, [
    leaveOutMoved(engine.dialect, starting, now),
    leaveOutDoNotSend(engine.dialect, starting, now),
    ...cutIntoChunks(run),
  ]);
  return { run: started, readAt, readFrom };
}

function madeSomething(planned: ExportRun, tags: readonly PlannedTag[]): boolean {
  const known = new Map(planned.tags.map((tag) => [tag.segment, tag]));
  const isNew = ({ segment, tagId, heldAs }: PlannedTag) =>
    known.get(segment)?.tagId !== tagId || known.get(segment)?.heldAs !== heldAs;
  return (planned.newFields ?? []).length > 0 || tags.some(isNew);
}

/** The merge fields that a plan may change. */
async function fieldsOf({ engine, settings }: PipelineParts, planned: ExportRun): Promise<string[]> {
  if (planned.undoes !== undefined) return (await journalled(engine, planned.undoes)).fields;
  return fieldChoices(exportOf(settings, planned.export).config).map(({ tag }) => tag);
}

/** What such a plan would stand on now, as a digest. */
async function groundNow(
  parts: PipelineParts,
  destination: Destination,
  planned: ExportRun,
): Promise<string> {
  const { undoes: run, audience, audienceId } = planned;
  if (run !== undefined) return (await undoGround(parts, destination, { run, audience, audienceId })).digest;
  const { id, config } = exportOf(parts.settings, planned.export);
  const { digest, renames } = await groundFor(parts, destination, id, config);
  await noteRenames(parts, audience, renames);
  return digest;
}

function refuseUnlessStartable(run: ExportRun): void {
  const held = run.brake !== null && run.release === null;
  if (!held && isWaiting(run)) return;
  if (held) throw new Error(`run ${run.run} is held by a brake and must not get here`);
  throw new PostriderError({
    kind: 'conflict',
    code: 'plan_used',
    message:
      run.status === 'cancelled'
        ? `Plan ${run.run} was cancelled.`
        : `Plan ${run.run} has been carried out already (${run.status}).`,
    hint: `Make a new one: postrider plan ${run.export}`,
  });
}

function outdated(why: string): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'plan_outdated',
    message: `The plan is refused: ${why}.`,
    hint: 'Make a new plan and look at it; nothing was sent.',
  });
}

/** Makes the tags that the plan found missing and renames those whose segment was renamed. */
async function makeTags(
  parts: PipelineParts,
  destination: Destination,
  run: ExportRun,
  signal: AbortSignal,
): Promise<PlannedTag[]> {
  const tags: PlannedTag[] = [];
  const needed = await segmentsToGive(parts.engine, run.run);
  // A tag may take the name that another of ours gives up.
  for (const tag of inOrderOfNames(run.tags)) {
    const note = (tagId: number | null) =>
      parts.engine.commit(
        noteOwnTag(run.audience, { segment: tag.segment, tagId, name: tag.name, origin: tag.origin }),
      );
    let { tagId } = tag;
    if (tagId === undefined && !needed.has(tag.segment)) {
      tags.push(tag);
      continue;
    }
    if (tagId === undefined) {
      // Noted before it exists: if we die in between, the next plan finds the tag and knows it for ours.
      const known = (await ownTags(parts.engine, run.audience)).some(
        ({ segment }) => segment === tag.segment,
      );
      await note(null);
      const make = async (maybeDone: boolean) => {
        const answer = await destination.makeTag(run.audienceId, tag.name);
        return { id: answer.id, foreign: answer.existed && !known && !maybeDone };
      };
      const made = await untilKnown(parts.clock, make, signal);
      if (made.foreign) {
        await parts.engine.commit([forgetOwnTag(run.audience, tag.segment)]);
        throw outdated(`somebody else made a tag "${tag.name}" since it was made`);
      }
      tagId = made.id;
    } else if (tag.heldAs !== tag.name) {
      const id = tagId;
      const rename = () => destination.renameTag(run.audienceId, id, tag.name);
      await untilKnown(parts.clock, rename, signal);
      const [before, after] = [tag.heldAs.toLowerCase(), tag.name.toLowerCase()];
      await parts.engine.commit([renameTagInFacts(run.audience, before, after)]);
    }
    await note(tagId);
    tags.push({ ...tag, tagId, heldAs: tag.name });
  }
  return tags;
}
