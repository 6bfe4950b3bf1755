import { suggestName } from '../base/nearest.ts';
import { attributesOf, fieldChoices } from '../exports/field-choice.ts';
import { fightingExports } from './fighting-exports.ts';
import type { WorkspaceProblem } from './parse-workspace.ts';
import type { WorkspaceFile } from './workspace-file.ts';

/** Ids that name nothing, and exports that would fight: all that a schema cannot see in one value alone. */
export function checkReferences(file: WorkspaceFile): WorkspaceProblem[] {
  const problems: WorkspaceProblem[] = [];
  const known = {
    source: Object.keys(file.sources),
    segment: Object.keys(file.segments),
    connection: Object.keys(file.connections),
    relationship: Object.keys(file.relationships),
    attribute: [
      ...new Set(file.unify?.sources.flatMap(({ attributes }) => Object.keys(attributes)) ?? []),
      ...Object.keys(file.computed),
    ],
  };
  const mustExist = (sort: keyof typeof known, id: string, path: (string | number)[]) => {
    if (known[sort].includes(id)) return;
    problems.push({ path, message: `there is no ${sort} "${id}"`, hint: suggestName(id, known[sort]) });
  };

  known.source.forEach((id, index) => {
    const other = known.source.slice(0, index).find((each) => each.toLowerCase() === id.toLowerCase());
    if (other === undefined) return;
    // To a database they are one table: each load would take the rows of the other away.
    const message = `"${id}" and the source "${other}" differ in case alone`;
    problems.push({ path: ['sources', id], message, hint: 'Give one of them another id.' });
  });
  file.unify?.sources.forEach(({ source }, index) =>
    mustExist('source', source, ['unify', 'sources', index, 'source']),
  );
  file.unify?.sensitive?.forEach((attribute, index) =>
    mustExist('attribute', attribute, ['unify', 'sensitive', index]),
  );
  for (const [id, { from, to }] of Object.entries(file.relationships)) {
    mustExist('source', from.split('.')[0] ?? from, ['relationships', id, 'from']);
    mustExist('source', to.split('.')[0] ?? to, ['relationships', id, 'to']);
  }
  for (const [id, { of }] of Object.entries(file.computed)) {
    mustExist('relationship', of, ['computed', id, 'of']);
  }
  for (const [id, config] of Object.entries(file.exports)) {
    const path = ['exports', id];
    if (config.connection !== null) mustExist('connection', config.connection, [...path, 'connection']);
    mustExist('attribute', config.match.email, [...path, 'match', 'email']);
    for (const { attribute, path: place } of fieldChoices(config).flatMap(attributesOf)) {
      mustExist('attribute', attribute, [...path, ...place]);
      if (!file.unify?.sensitive?.includes(attribute) || config.sensitive?.includes(attribute)) continue;
      problems.push({
        code: 'sensitive_unconfirmed',
        path: [...path, ...place],
        message: `the attribute "${attribute}" is marked as sensitive`,
        hint: `Say that it is to be sent all the same: sensitive: [${attribute}]`,
      });
    }
    config.sensitive?.forEach((attribute, index) =>
      mustExist('attribute', attribute, [...path, 'sensitive', index]),
    );
    for (const [part, attribute] of Object.entries(config.consent ?? {})) {
      if (attribute !== undefined) mustExist('attribute', attribute, [...path, 'consent', part]);
    }
    config.segments.forEach((segment, index) => mustExist('segment', segment, [...path, 'segments', index]));
    config.exclude.forEach((segment, index) => mustExist('segment', segment, [...path, 'exclude', index]));
  }
  return [...problems, ...fightingExports(file.exports, file.segments)];
}
