import { inputError } from '../base/errors.ts';
import type { SourceId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { Column } from '../engine/engine.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import { attributeType, mixedTypes } from './attribute-type.ts';
import { checkUnifyConfig } from './check-unify-config.ts';
import { emailAttributes } from './email-attributes.ts';
import { checkFilter, type RowFilter } from './row-filter.ts';
import type { Preference, Winner } from './merge-config.ts';
import { planRules, type Form, type PlannedRule } from './plan-rules.ts';
import type { PlannedScore } from './probabilistic/score-plan.ts';
import type { UnifyConfig, UnifiedSourceConfig } from './unify-config.ts';

/** Something that does not stop the work and that somebody should know. */
export interface UnifyWarning {
  /** Stable, lower snake case. */
  code: string;
  message: string;
}

export interface PlannedSource {
  source: SourceId;
  /** Which column of the source feeds an attribute. */
  columns: ReadonlyMap<string, Column>;
  filter: RowFilter;
  include: 'all' | 'matchedOnly';
  winner: Winner;
}

export interface PlannedAttribute extends Column {
  /** E-mail addresses compare in their folded form, and only when they can be addresses. */
  isEmail: boolean;
  preference: Preference;
}

/** Attributes whose values all come from one record. */
export interface PlannedGroup {
  attributes: PlannedAttribute[];
  preference: Preference;
}

/** The configuration held against the tables that are there: everything the SQL is made of. */
export interface UnifyPlan {
  /** In order of importance. */
  sources: PlannedSource[];
  /** In the order in which the sources first name them. */
  attributes: PlannedAttribute[];
  groups: PlannedGroup[];
  /** In which forms which attributes are compared; rules speak of them by their place here. */
  forms: Form[];
  /** Deduplication first. */
  rules: PlannedRule[];
  /** Each after all rules of its kind. */
  scores: PlannedScore[];
  maxBlock: number;
  maxGroup: number;
  allowGroups: readonly string[];
  warnings: UnifyWarning[];
}

/**
 * Errors: those of `checkUnifyConfig` and `planRules`; `unify_source_unknown`, `unify_key_missing`,
 * `unify_column_missing`, `unify_where_type`; `unify_recency_type` where "most recent" is asked of something
 * that has no order.
 */
export function planUnify(config: UnifyConfig, loads: readonly SourceLoad[]): UnifyPlan {
  checkUnifyConfig(config);
  const sources = config.sources.map((entry, position) => plannedSource(entry, position, loads));

  const warnings: UnifyWarning[] = [];
  const attributes = attributesOf(config, sources, warnings);
  config.sources.forEach(({ winner }, position) =>
    checkOrder(winner ?? 'importance', attributes, `unify.sources[${position}].winner`),
  );
  const matches = Array.isArray(config.match) ? config.match.length > 0 : config.match !== undefined;
  if (matches && sources.length === 1) {
    warnings.push({
      code: 'match_needs_two_sources',
      message:
        'unify.match joins records of different sources, and there is one source only: use "deduplicate" in it.',
    });
  }
  return {
    sources,
    attributes,
    groups: groupsOf(config, attributes),
    ...planRules(config, attributes),
    maxBlock: config.maxBlock ?? 1000,
    maxGroup: config.maxGroup ?? 50,
    allowGroups: config.allowGroups ?? [],
    warnings,
  };
}

function plannedSource(
  entry: UnifiedSourceConfig,
  position: number,
  loads: readonly SourceLoad[],
): PlannedSource {
  const path = `unify.sources[${position}]`;
  const load = loadOf(entry.source, path, loads);
  const columns = new Map<string, Column>();
  for (const [attribute, column] of Object.entries(entry.attributes)) {
    columns.set(attribute, columnOf(load, column, `${path}.attributes.${attribute}`));
  }
  const filter = Object.entries(entry.where ?? {}).map(([column, values]) =>
    checkFilter(
      columnOf(load, column, `${path}.where.${column}`),
      Array.isArray(values) ? values : [values],
      `${path}.where.${column}`,
    ),
  );
  const { include = 'all', winner = 'mostFilled' } = entry;
  return { source: load.source, columns, filter, include, winner };
}

function loadOf(source: string, path: string, loads: readonly SourceLoad[]): SourceLoad {
  const load = loads.find((candidate) => candidate.source === source);
  if (load === undefined) {
    throw inputError(
      'unify_source_unknown',
      `There is no source "${source}" (${path}.source).`,
      suggestName(
        source,
        loads.map((candidate) => candidate.source),
      ),
    );
  }
  if (load.key.length === 0) {
    throw inputError(
      'unify_key_missing',
      `The source "${source}" has no key, so its people could not be known again (${path}.source).`,
      `Name the column that tells its records apart: sources.${source}.key.`,
    );
  }
  return load;
}

function columnOf(load: SourceLoad, name: string, path: string): Column {
  const column = load.columns.find((candidate) => candidate.name === name);
  if (column !== undefined) return column;
  throw inputError(
    'unify_column_missing',
    `The source "${load.source}" has no column "${name}" (${path}).`,
    suggestName(
      name,
      load.columns.map((candidate) => candidate.name),
    ),
  );
}

function attributesOf(
  config: UnifyConfig,
  sources: PlannedSource[],
  warnings: UnifyWarning[],
): PlannedAttribute[] {
  const isEmail = emailAttributes(config);
  const names = new Set(sources.flatMap(({ columns }) => [...columns.keys()]));
  const attributes = [...names].map((name): PlannedAttribute => {
    const types = sources.flatMap(({ columns }) => columns.get(name)?.type ?? []);
    if (mixedTypes(types)) {
      warnings.push({
        code: 'mixed_types',
        message: `The columns of the attribute "${name}" are of different types (${[...new Set(types)].join(', ')}): it is kept as text.`,
      });
    }
    return {
      name,
      type: attributeType(types),
      isEmail: isEmail(name),
      preference: config.merge?.attributes?.[name] ?? config.merge?.default ?? 'importance',
    };
  });
  checkOrder(config.merge?.default ?? 'importance', attributes, 'unify.merge.default');
  for (const { name, preference } of attributes) {
    checkOrder(preference, attributes, `unify.merge.attributes.${name}`);
  }
  return attributes;
}

function groupsOf(config: UnifyConfig, attributes: readonly PlannedAttribute[]): PlannedGroup[] {
  return Object.entries(config.merge?.groups ?? {}).map(([group, entry]) => {
    const { attributes: members, prefer } = Array.isArray(entry)
      ? { attributes: entry, prefer: undefined }
      : entry;
    const preference = prefer ?? config.merge?.default ?? 'importance';
    checkOrder(preference, attributes, `unify.merge.groups.${group}.prefer`);
    return { attributes: attributes.filter(({ name }) => members.includes(name)), preference };
  });
}

function checkOrder(preference: Preference, attributes: readonly PlannedAttribute[], path: string): void {
  if (typeof preference === 'string' || 'order' in preference) return;
  const by = 'mostRecent' in preference ? preference.mostRecent : preference.leastRecent;
  const type = attributes.find((attribute) => attribute.name === by)?.type;
  if (type === 'date' || type === 'time' || type === 'integer' || type === 'number') return;
  throw inputError(
    'unify_recency_type',
    `"${by}" is neither a date, a time nor a number, so nothing is the most or least recent by it (${path}).`,
    'Give the column a type in its source, or name another attribute.',
  );
}
