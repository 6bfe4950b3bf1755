import type { Column } from '../engine/engine.ts';
import type { Catalogue, Relationship } from './catalogue.ts';

/** Where a rule stands: on a person, or on a row of a source. */
export type Place = { kind: 'person' } | { kind: 'row'; table: string };

/** A step along a relationship: from where a rule stands to the rows of a table. */
export interface Hop {
  relationship: Relationship;
  start: HopStart;
  /** The source whose rows it leads to, and its columns. */
  table: string;
  columns: readonly Column[];
  /** Column of that source that equals the one of `start`. */
  column: string;
  /** Whether the relationship's name is the name of these rows: it has one name and can be walked both ways. */
  named: boolean;
}

/** `records`: a column of the person's records in a unified source; `row`: of the row itself. */
export type HopStart = { kind: 'records'; source: string; column: string } | { kind: 'row'; column: string };

/**
 * The step that a relationship makes from a place; undefined where it does not begin there.
 *
 * A person stands at the records they have: at `to` when that is unified, else at `from` when that is. A row
 * stands at its own table; where a table points to itself, the step goes to the row that is pointed to.
 */
export function hopFrom(place: Place, relationship: Relationship, catalogue: Catalogue): Hop | undefined {
  const { from, to } = relationship;
  const { sources, unified } = catalogue;
  const ofPeople = unified.includes(to.source);
  const forward = { end: to, named: !ofPeople };
  const backward = { end: from, named: ofPeople };
  const hop = (start: HopStart, { end, named }: typeof forward): Hop => ({
    relationship,
    start,
    table: end.source,
    columns: sources.get(end.source) ?? [],
    column: end.column,
    named,
  });
  if (place.kind === 'person') {
    if (ofPeople) return hop({ kind: 'records', ...to }, backward);
    return unified.includes(from.source) ? hop({ kind: 'records', ...from }, forward) : undefined;
  }
  if (from.source === place.table) return hop({ kind: 'row', column: from.column }, forward);
  return to.source === place.table ? hop({ kind: 'row', column: to.column }, backward) : undefined;
}

/** Every step that can be made from a place. */
export function hopsFrom(place: Place, catalogue: Catalogue): Hop[] {
  return [...catalogue.relationships.values()].flatMap(
    (relationship) => hopFrom(place, relationship, catalogue) ?? [],
  );
}
