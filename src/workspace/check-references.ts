import { suggestName } from '../base/nearest.ts';
import type { WorkspaceProblem } from './parse-workspace.ts';
import type { WorkspaceFile } from './workspace-file.ts';

/** Ids that name nothing, and exports that would fight: all that a schema cannot see in one value alone. */
export function checkReferences(file: WorkspaceFile): WorkspaceProblem[] {
  const problems: WorkspaceProblem[] = [];
  const known = {
    source: Object.keys(file.sources),
    segment: Object.keys(file.segments),
    connection: Object.keys(file.connections),
    attribute: [...new Set(file.unify?.sources.flatMap(({ attributes }) => Object.keys(attributes)) ?? [])],
  };
  const mustExist = (sort: keyof typeof known, id: string, path: (string | number)[]) => {
    if (known[sort].includes(id)) return;
    problems.push({ path, message: `there is no ${sort} "${id}"`, hint: suggestName(id, known[sort]) });
  };

  file.unify?.sources.forEach(({ source }, index) =>
    mustExist('source', source, ['unify', 'sources', index, 'source']),
  );
  for (const [id, { from, to }] of Object.entries(file.relationships)) {
    mustExist('source', from.split('.')[0] ?? from, ['relationships', id, 'from']);
    mustExist('source', to.split('.')[0] ?? to, ['relationships', id, 'to']);
  }
  for (const [id, config] of Object.entries(file.exports)) {
    const path = ['exports', id];
    mustExist('connection', config.connection, [...path, 'connection']);
    mustExist('attribute', config.match.email, [...path, 'match', 'email']);
    for (const [tag, attribute] of Object.entries(config.attributes)) {
      mustExist('attribute', attribute, [...path, 'attributes', tag]);
    }
    config.segments.forEach((segment, index) => mustExist('segment', segment, [...path, 'segments', index]));
    config.exclude.forEach((segment, index) => mustExist('segment', segment, [...path, 'exclude', index]));
  }
  return [...problems, ...fightingExports(file)];
}

/** Two exports that would give and take one tag of one audience. */
function fightingExports(file: WorkspaceFile): WorkspaceProblem[] {
  const owners = new Map<string, string>();
  const problems: WorkspaceProblem[] = [];
  for (const [id, config] of Object.entries(file.exports)) {
    config.segments.forEach((segment, index) => {
      const name = file.segments[segment]?.name ?? segment;
      const key = JSON.stringify([config.connection, config.audience, name.toLowerCase()]);
      const other = owners.get(key);
      if (other !== undefined && other !== id) {
        problems.push({
          path: ['exports', id, 'segments', index],
          message: `the export "${other}" gives the tag "${name}" in the same audience`,
          hint: 'Let one export hold the segment.',
        });
      }
      owners.set(key, id);
    });
  }
  return problems;
}
