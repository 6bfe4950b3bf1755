import type { Column } from '../engine/engine.ts';
import type { Catalogue } from '../segments/catalogue.ts';

/** What rules can ask of people, for whoever writes them. */
export interface RuleFields {
  /** Of each person. */
  attributes: Column[];
  /** Rows that belong to people. */
  tables: { source: string; unified: boolean; columns: Column[] }[];
  /** Which rows belong together; a rule on a person goes along these. */
  relationships: { id: string; name: string; from: string; to: string }[];
  segments: { id: string; name: string }[];
}

/** A catalogue as lists. */
export function ruleFieldsOf(catalogue: Catalogue): RuleFields {
  const named = ({ name, type }: Column): Column => ({ name, type });
  return {
    attributes: catalogue.attributes.map(named),
    tables: [...catalogue.sources].map(([source, columns]) => ({
      source,
      unified: catalogue.unified.includes(source),
      columns: columns.map(named),
    })),
    relationships: [...catalogue.relationships.values()].map(({ id, name, from, to }) => ({
      id,
      name,
      from: `${from.source}.${from.column}`,
      to: `${to.source}.${to.column}`,
    })),
    segments: [...catalogue.segments].map(([id, { name }]) => ({ id, name })),
  };
}
