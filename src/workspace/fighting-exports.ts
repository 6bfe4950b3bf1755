import { isAttached, type StoredExport } from '../exports/export-config.ts';
import { fieldChoices } from '../exports/field-choice.ts';
import type { WorkspaceProblem } from './parse-workspace.ts';

/**
 * Exports that would undo each other's work in one audience: two that give and take one tag, or that write one field from
 * different sources or by different choices. An audience's id is its own whatever the connection, so two connections of
 * one account do not hide a fight. One without a connection fights with nobody, until it gets one.
 * @param segments their names, by id
 */
export function fightingExports(
  exports: Readonly<Record<string, StoredExport>>,
  segments: Readonly<Record<string, { name?: string | undefined }>>,
): WorkspaceProblem[] {
  const tags = new Map<string, string>();
  const segmentOwners = new Map<string, string>();
  const fields = new Map<string, { owner: string; choice: string }>();
  const problems: WorkspaceProblem[] = [];
  const report = (code: string, path: (string | number)[], message: string, hint: string) =>
    problems.push({ code, path, message, hint });

  for (const [id, config] of Object.entries(exports)) {
    // A detached one sends nothing: a copy is made without a connection, and changed before it gets one.
    if (!isAttached(config)) continue;
    const { audience } = config;
    const owned = (owners: Map<string, string>, what: string): string | undefined => {
      const key = JSON.stringify([audience, what]);
      const owner = owners.get(key);
      owners.set(key, id);
      return owner === id ? undefined : owner;
    };
    config.segments.forEach((segment, index) => {
      const tag = `${config.tagPrefix}${segments[segment]?.name ?? segment}`;
      const [other, sharer] = [owned(tags, tag.toLowerCase()), owned(segmentOwners, segment)];
      const path = ['exports', id, 'segments', index];
      if (other !== undefined) {
        const message = `the export "${other}" gives the tag "${tag}" in the same audience`;
        report('tag_shared', path, message, 'Let one export hold the segment.');
      } else if (sharer !== undefined) {
        const message = `the export "${sharer}" gives the same segment another tag in the same audience`;
        report('tag_shared', path, message, 'Write the same tagPrefix, and let one export hold the segment.');
      }
    });
    for (const { tag, from, write, blank, path } of fieldChoices(config)) {
      const key = JSON.stringify([audience, tag]);
      const choice = JSON.stringify([from, write, blank]);
      const first = fields.get(key);
      if (first === undefined) fields.set(key, { owner: id, choice });
      else if (first.choice !== choice) {
        const message = `the export "${first.owner}" writes ${tag} of the same audience otherwise`;
        report(
          'field_shared',
          ['exports', id, ...path],
          message,
          'Give both the same attribute and choices.',
        );
      }
    }
  }
  return problems;
}
