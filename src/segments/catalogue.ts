import { suggestName } from '../base/nearest.ts';
import type { Column, TableName } from '../engine/engine.ts';
import { splitColumnPath, type RelationshipConfig } from './relationship-config.ts';
import { refuseProblems, type RuleProblem } from './rule-problem.ts';

/** The field whose values are other segments. */
export const segmentField = 'segment';

/**
 * An attribute of people that a stage keeps beside the profiles: `column` of the rows of a table with `value` in
 * `where`, at most one of them for each `customer_id`. Who has none has no value.
 */
export interface BesideAttribute extends Column {
  beside: { table: TableName; where: string; value: string; column: string };
}

/** What rules can ask of a person. */
export type Attribute = Column | BesideAttribute;

/** What rules can speak of. Attributes, relationships and `segment` share one space of names. */
export interface Catalogue {
  /** Of `profile.profile`, and those kept beside it. */
  attributes: readonly Attribute[];
  /** Sources whose records belong to customers. */
  unified: readonly string[];
  relationships: ReadonlyMap<string, Relationship>;
  segments: ReadonlyMap<string, { name: string }>;
  /** Columns of every loaded source. */
  sources: ReadonlyMap<string, readonly Column[]>;
}

/**
 * Rows of two sources belong together where the columns are equal; a missing value equals nothing. A row
 * that points to records of a unified source belongs to their customers.
 */
export interface Relationship {
  id: string;
  name: string;
  from: SourceColumn;
  to: SourceColumn;
}

export interface SourceColumn {
  source: string;
  column: string;
}

export interface CatalogueParts {
  profile: { attributes: readonly Column[] };
  /** What stages know of people beside their profiles; names with a dot, which no attribute of a profile has. */
  beside?: readonly BesideAttribute[];
  sources: readonly { source: string; columns: readonly Column[] }[];
  /** Sources that take part in unification: their records belong to customers. */
  unified: readonly string[];
  relationships: ReadonlyMap<string, RelationshipConfig>;
  segments: ReadonlyMap<string, { name?: string | undefined }>;
}

/** Puts the catalogue together; a `RulesError` with every relationship that does not fit the tables. */
export function buildCatalogue(parts: CatalogueParts): Catalogue {
  const problems: RuleProblem[] = [];
  const sources = new Map(parts.sources.map(({ source, columns }) => [source, columns]));
  const attributes: Attribute[] = [...parts.profile.attributes, ...(parts.beside ?? [])];
  if (attributes.some(({ name }) => name === segmentField)) {
    problems.push({
      code: 'reserved_name',
      path: 'unify',
      message: `an attribute cannot be called "${segmentField}", because rules use that name for other segments.`,
      hint: 'Give the attribute another name in unify.',
    });
  }

  const relationships = new Map<string, Relationship>();
  for (const [id, config] of parts.relationships) {
    const path = `relationships.${id}`;
    if (id === segmentField || attributes.some(({ name }) => name === id)) {
      problems.push({
        code: 'name_taken',
        path,
        message: `"${id}" is already the name of ${id === segmentField ? 'the field for other segments' : 'an attribute'}.`,
        hint: 'Give the relationship another id.',
      });
      continue;
    }
    const from = findColumn(sources, config.from, `${path}.from`, problems);
    const to = findColumn(sources, config.to, `${path}.to`, problems);
    if (from === undefined || to === undefined) continue;
    // Rules on rows of either table can name a column or this relationship.
    const shadowed = [from, to].find(({ source }) => sources.get(source)?.some(({ name }) => name === id));
    if (shadowed !== undefined) {
      problems.push({
        code: 'name_taken',
        path,
        message: `"${id}" is already the name of a column of "${shadowed.source}".`,
        hint: 'Give the relationship another id.',
      });
      continue;
    }
    if (family(from.column) !== family(to.column)) {
      problems.push({
        code: 'relationship_types_differ',
        path,
        message: `"${config.from}" is ${from.column.type} and "${config.to}" is ${to.column.type}; they cannot be compared.`,
        hint: 'Give both columns the same type in their sources.',
      });
      continue;
    }
    relationships.set(id, {
      id,
      name: config.name ?? id,
      from: { source: from.source, column: from.column.name },
      to: { source: to.source, column: to.column.name },
    });
  }
  refuseProblems(problems);

  const segments = new Map([...parts.segments].map(([id, { name }]) => [id, { name: name ?? id }]));
  return { attributes, unified: parts.unified, relationships, segments, sources };
}

/** The column a text such as `orders.ordered_at` names; a problem and undefined where there is none. */
export function findColumn(
  sources: ReadonlyMap<string, readonly Column[]>,
  text: string,
  path: string,
  problems: RuleProblem[],
): { source: string; column: Column } | undefined {
  const { source, column: columnName } = splitColumnPath(text);
  const columns = sources.get(source);
  if (columns === undefined) {
    problems.push({
      code: 'unknown_source',
      path,
      message: `there is no source "${source}".`,
      hint: suggestName(source, [...sources.keys()]),
    });
    return undefined;
  }
  const column = columns.find(({ name }) => name === columnName);
  if (column === undefined) {
    problems.push({
      code: 'unknown_column',
      path,
      message: `source "${source}" has no column "${columnName}".`,
      hint: suggestName(
        columnName,
        columns.map(({ name }) => name),
      ),
    });
    return undefined;
  }
  return { source, column };
}

/** Columns of one family can be compared with each other. */
export function family(column: Column): string {
  return column.type === 'integer' ? 'number' : column.type;
}
