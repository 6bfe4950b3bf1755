import { inputError, PostriderError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { ownTag, ref } from './export-tables.ts';
import type { PlannedTag } from './plan.ts';

export interface OwnTag {
  segment: SegmentId;
  /** Null while it is being made: a crash between our note and Mailchimp's answer must not orphan it. */
  tagId: number | null;
  name: string;
  origin: 'made' | 'adopted';
}

export async function ownTags(engine: Engine, audience: string): Promise<OwnTag[]> {
  return engine.rows<OwnTag & Record<string, never>>(sql`
    SELECT segment, tag_id AS "tagId", name, origin FROM ${ref(ownTag)} WHERE audience = ${audience} ORDER BY segment`);
}

/** The changes that note a tag as ours. */
export function noteOwnTag(audience: string, tag: OwnTag): Change[] {
  return [
    sql`DELETE FROM ${ref(ownTag)} WHERE audience = ${audience} AND segment = ${tag.segment}`,
    {
      into: ownTag,
      columns: ownTag.columns,
      rows: [[audience, tag.segment, tag.tagId, tag.name, tag.origin]],
    },
  ];
}

/** The change that takes that note back. */
export function forgetOwnTag(audience: string, segment: SegmentId): Change {
  return sql`DELETE FROM ${ref(ownTag)} WHERE audience = ${audience} AND segment = ${segment}`;
}

/**
 * Which tag each segment has or will have in an audience: its own from earlier, an adopted one, or one to be made.
 * A tag of the same name that is somebody else's is refused (promise 2); names are compared without case.
 * @param wanted segment and the name its tag should have
 * @param known segments whose people the ledger still holds though the export no longer chooses them
 * @throws `input` / `tag_shared`; `configuration` / `tag_exists`, `tag_ring`
 */
export function planTags(
  wanted: readonly { segment: SegmentId; name: string }[],
  known: readonly SegmentId[],
  own: readonly OwnTag[],
  present: readonly { id: number; name: string }[],
  adopt: readonly string[],
): PlannedTag[] {
  const bySegment = new Map(own.map((tag) => [tag.segment, tag]));
  refuseSharedNames(wanted);
  /** A tag of ours that this very plan renames, so that its name is free. */
  const givenUp = (tagId: number, name: string) => {
    const owner = own.find((tag) => tag.tagId === tagId && tag.origin === 'made');
    const next = wanted.find(({ segment }) => segment === owner?.segment);
    return next !== undefined && fold(next.name) !== fold(name);
  };
  const planned = wanted.map(({ segment, name }): PlannedTag => {
    const ours = bySegment.get(segment);
    const held = ours === undefined ? undefined : heldTag(ours, present);
    const same = present.find((tag) => fold(tag.name) === fold(name) && tag.id !== held?.id);
    const free = same === undefined || givenUp(same.id, name);
    if (ours !== undefined && held !== undefined && (free || ours.origin === 'adopted')) {
      // An adopted tag keeps the name its owner gave it; ours follows the segment's.
      // Mailchimp changes the case of names: one that differs in nothing else is the name we want.
      const asNamed = ours.tagId !== null && ours.name === name && fold(held.name) === fold(name);
      const goal = asNamed || ours.origin === 'adopted' ? held.name : name;
      return { segment, name: goal, heldAs: held.name, tagId: held.id, origin: ours.origin };
    }
    if (same === undefined || free) return { segment, name, heldAs: name, origin: 'made' };
    if (adopt.some((adopted) => fold(adopted) === fold(name))) {
      return { segment, name: same.name, heldAs: same.name, tagId: same.id, origin: 'adopted' };
    }
    throw new PostriderError({
      kind: 'configuration',
      code: 'tag_exists',
      message: `The audience has a tag "${same.name}" already that Postrider did not make.`,
      hint: `Rename the segment "${segment}", or write adoptTags: ["${same.name}"] into the export to use that tag.`,
    });
  });
  inOrderOfNames(planned);
  const chosen = new Set(planned.map((tag) => tag.segment));
  const old = known.flatMap((segment): PlannedTag[] => {
    const ours = chosen.has(segment) ? undefined : bySegment.get(segment);
    const held = ours === undefined ? undefined : heldTag(ours, present);
    if (ours === undefined || held === undefined) return [];
    return [{ segment, name: held.name, heldAs: held.name, tagId: held.id, origin: ours.origin }];
  });
  return [...planned, ...old];
}

/**
 * Tags in an order in which they can be made and renamed: each after the one that still has the name it gets.
 * @throws `configuration` / `tag_ring` when some pass their names on in a ring, so that none of them can be the first
 */
export function inOrderOfNames(tags: readonly PlannedTag[]): PlannedTag[] {
  const ordered: PlannedTag[] = [];
  let waiting = tags;
  while (waiting.length > 0) {
    const nameIsFree = (tag: PlannedTag) =>
      !waiting.some(
        (other) => other !== tag && other.tagId !== undefined && fold(other.heldAs) === fold(tag.name),
      );
    const next = waiting.filter(nameIsFree);
    if (next.length === 0) throw ring(waiting);
    ordered.push(...next);
    waiting = waiting.filter((tag) => !next.includes(tag));
  }
  return ordered;
}

function ring(tags: readonly PlannedTag[]): PostriderError {
  return new PostriderError({
    kind: 'configuration',
    code: 'tag_ring',
    message: `Segments take the names of each other's tags: ${tags.map(({ heldAs, name }) => `"${heldAs}" → "${name}"`).join(', ')}.`,
    hint: 'Give one of them a name that none of them has, run the export, then give it the name it shall have.',
  });
}

function fold(name: string): string {
  return name.toLowerCase();
}

function heldTag(
  ours: OwnTag,
  present: readonly { id: number; name: string }[],
): { id: number; name: string } | undefined {
  if (ours.tagId !== null) return present.find((tag) => tag.id === ours.tagId);
  return present.find((tag) => fold(tag.name) === fold(ours.name));
}

function refuseSharedNames(wanted: readonly { segment: SegmentId; name: string }[]): void {
  const seen = new Map<string, SegmentId>();
  for (const { segment, name } of wanted) {
    const other = seen.get(fold(name));
    if (other !== undefined) {
      throw inputError(
        'tag_shared',
        `The segments "${other}" and "${segment}" are both named "${name}", and the name is the tag.`,
        'Give one of them another name.',
      );
    }
    seen.set(fold(name), segment);
  }
}
