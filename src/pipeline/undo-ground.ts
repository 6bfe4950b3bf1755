import type { Destination } from '../delivery/destination.ts';
import { groundOf, type ExportRun, type PlannedTag } from '../exports/plan.ts';
import { journalled, type Journalled } from '../exports/undo-plan.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { tagsStillThere } from './tags-still-there.ts';

/** What the plan of an undo stands on: the journal of the run, and the audience's fields and tags it speaks of. */
export interface UndoGround {
  journal: Journalled;
  tags: PlannedTag[];
  /** Merge field → its type. */
  fieldTypes: Record<string, string>;
  digest: string;
}

/** @param undone the run that is taken back */
export async function undoGround(
  parts: PipelineParts,
  destination: Destination,
  undone: Pick<ExportRun, 'run' | 'audience' | 'audienceId'>,
): Promise<UndoGround> {
  const journal = await journalled(parts.engine, undone.run);
  const audience = await destination.describe(undone.audienceId);
  const tags = await tagsStillThere(parts, undone.audience, audience, journal.segments);
  const fieldTypes = Object.fromEntries(
    audience.fields
      .filter(({ tag }) => journal.fields.includes(tag))
      .map(({ tag, type }): [string, string] => [tag, type]),
  );
  return { journal, tags, fieldTypes, digest: groundOf({ undoes: undone.run, fieldTypes, tags }) };
}
