import { createHash } from 'node:crypto';
import { PostriderError } from './errors.ts';

/** Names one state of one thing: another when anything of it was changed since. Quoted, as HTTP has it. */
export function etagOf(...state: unknown[]): string {
  const digest = createHash('sha256').update(JSON.stringify(state)).digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/**
 * Whether somebody edits what they saw. Of two people who edit one thing the second is told, and nothing is lost.
 * @param seen the etag that the editor has; `*` for whatever is there
 * @throws `input` / `precondition_required`, `conflict` / `edited_meanwhile`
 */
export function checkIfMatch(seen: string | undefined, now: { etag: string; updatedAt: Date }): void {
  if (seen === undefined) {
    throw new PostriderError({
      kind: 'input',
      code: 'precondition_required',
      message: 'It is not said which state this edit began from.',
      hint: 'Send the etag that came with it as If-Match.',
    });
  }
  if (seen === '*' || seen.split(',').some((each) => each.trim().replace(/^W\//, '') === now.etag)) return;
  throw new PostriderError({
    kind: 'conflict',
    code: 'edited_meanwhile',
    message: `Somebody else changed this at ${now.updatedAt.toISOString()}.`,
    hint: 'Read it again, and make the edit on what it is now.',
  });
}
