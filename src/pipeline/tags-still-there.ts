import type { AudienceDescription } from '../delivery/destination.ts';
import { ownTags } from '../exports/own-tags.ts';
import type { PlannedTag } from '../exports/plan.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { followRenames } from './plan-export.ts';

/**
 * Our tags of some segments, as Mailchimp has them now, for plans that take something back: a tag that was deleted there
 * is not made again, since what hung on it is gone with it.
 * @param key the ledger's key of the audience
 */
export async function tagsStillThere(
  parts: PipelineParts,
  key: string,
  audience: AudienceDescription,
  segments: readonly string[],
): Promise<PlannedTag[]> {
  const own = await followRenames(parts, key, await ownTags(parts.engine, key), audience);
  return own.flatMap(({ segment, tagId, origin }): PlannedTag[] => {
    const present = audience.tags.find((tag) => tag.id === tagId);
    if (present === undefined || !segments.includes(segment)) return [];
    return [{ segment, name: present.name, heldAs: present.name, tagId: present.id, origin }];
  });
}
