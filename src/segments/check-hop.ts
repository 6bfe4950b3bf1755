import type { Catalogue, Relationship } from './catalogue.ts';
import { hopFrom, hopsFrom, type Hop, type Place } from './hop.ts';
import type { RuleProblem } from './rule-problem.ts';

/** The step along a relationship from where a rule stands; undefined when there is none, which `problems` says. */
export function checkHop(
  relationship: Relationship,
  place: Place,
  catalogue: Catalogue,
  path: string,
  problems: RuleProblem[],
): Hop | undefined {
  const hop = hopFrom(place, relationship, catalogue);
  if (hop !== undefined) return hop;
  const { id, from, to } = relationship;
  problems.push(
    place.kind === 'person'
      ? {
          code: 'leads_to_nobody',
          path,
          message: `"${id}" leads from "${from.source}" to "${to.source}", and neither has records of people.`,
          hint: adviceForPeople(relationship, catalogue),
        }
      : {
          code: 'starts_elsewhere',
          path,
          message: `"${id}" leads from "${from.source}" to "${to.source}", but these are rows of "${place.table}".`,
          hint: adviceForRows(place, catalogue),
        },
  );
  return undefined;
}

function adviceForPeople({ id, from, to }: Relationship, catalogue: Catalogue): string {
  const onTheWay = hopsFrom({ kind: 'person' }, catalogue)
    .filter(({ table }) => table === from.source || table === to.source)
    .map((hop) => `"${hop.relationship.id}"`);
  return onTheWay.length === 0
    ? `Add a relationship from "${from.source}" to a unified source, and use "${id}" inside a rule on that.`
    : `Use it inside a rule on ${onTheWay.join(' or ')}: in the group of its "value" or "where".`;
}

function adviceForRows(place: Place, catalogue: Catalogue): string {
  const ids = hopsFrom(place, catalogue).map((hop) => `"${hop.relationship.id}"`);
  return ids.length === 0 ? 'No relationship begins or ends here.' : `From here lead ${ids.join(', ')}.`;
}
