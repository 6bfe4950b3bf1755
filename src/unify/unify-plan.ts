import { inputError } from '../base/errors.ts';
import type { SourceId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import type { Column } from '../engine/engine.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import { checkUnifyConfig } from './check-unify-config.ts';
import { attributeType, mixedTypes } from './attribute-type.ts';
import type { Preference, RuleConfig, UnifyConfig } from './unify-config.ts';

/** Something that does not stop the work and that somebody should know. */
export interface UnifyWarning {
  /** Stable, lower snake case. */
  code: string;
  message: string;
}

export interface PlannedSource {
  source: SourceId;
  rows: number;
  /** Which column of the source feeds an attribute. */
  columns: ReadonlyMap<string, Column>;
}

export interface PlannedAttribute extends Column {
  /** E-mail addresses compare in their folded form, and only when they can be addresses. */
  isEmail: boolean;
  preference: Preference;
}

/** Records agree under a rule when all its fields are filled and equal. */
export type PlannedRule =
  /** Joins records of the source at this place. */
  | { kind: 'deduplicate'; position: number; name: string; fields: PlannedAttribute[] }
  /** Joins records of different sources. */
  | { kind: 'match'; name: string; fields: PlannedAttribute[] };

/** The configuration held against the tables that are there: everything the SQL is made of. */
export interface UnifyPlan {
  /** In order of importance. */
  sources: PlannedSource[];
  /** In the order in which the sources first name them. */
  attributes: PlannedAttribute[];
  rules: PlannedRule[];
  warnings: UnifyWarning[];
}

/**
 * Errors: those of `checkUnifyConfig`; `unify_source_unknown`, `unify_key_missing`, `unify_column_missing`;
 * `unify_recency_type` where "most recent" is asked of something that has no order.
 */
export function planUnify(config: UnifyConfig, loads: readonly SourceLoad[]): UnifyPlan {
  checkUnifyConfig(config);
  const sources = config.sources.map((entry, position): PlannedSource => {
    const load = loadOf(entry.source, position, loads);
    const columns = new Map<string, Column>();
    for (const [attribute, column] of Object.entries(entry.attributes)) {
      columns.set(attribute, columnOf(load, column, `unify.sources[${position}].attributes.${attribute}`));
    }
    return { source: load.source, rows: load.rows, columns };
  });

  const warnings: UnifyWarning[] = [];
  const attributes = attributesOf(config, sources, warnings);
  const fieldsOf = (rule: RuleConfig): PlannedAttribute[] =>
    attributes.filter((attribute) => Object.hasOwn(rule.fields, attribute.name));
  const match = config.match ?? [];
  if (match.length > 0 && sources.length === 1) {
    warnings.push({
      code: 'match_needs_two_sources',
      message:
        'unify.match joins records of different sources, and there is one source only: use "deduplicate" in it.',
    });
  }
  const rules: PlannedRule[] = [
    ...config.sources.flatMap(({ deduplicate = [] }, position) =>
      deduplicate.map((rule): PlannedRule => ({
        kind: 'deduplicate',
        position,
        name: ruleName(rule),
        fields: fieldsOf(rule),
      })),
    ),
    ...match.map((rule): PlannedRule => ({ kind: 'match', name: ruleName(rule), fields: fieldsOf(rule) })),
  ];
  return { sources, attributes, rules, warnings };
}

function loadOf(source: string, position: number, loads: readonly SourceLoad[]): SourceLoad {
  const load = loads.find((candidate) => candidate.source === source);
  const path = `unify.sources[${position}].source`;
  if (load === undefined) {
    throw inputError(
      'unify_source_unknown',
      `There is no source "${source}" (${path}).`,
      suggestName(
        source,
        loads.map((candidate) => candidate.source),
      ),
    );
  }
  if (load.key.length === 0) {
    throw inputError(
      'unify_key_missing',
      `The source "${source}" has no key, so its people could not be known again (${path}).`,
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
  const emails = new Set([
    'email',
    'e_mail',
    'mail',
    ...(config.emails ?? []).map((name) => name.toLowerCase()),
  ]);
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
      isEmail: emails.has(name.toLowerCase()),
      preference: config.merge?.attributes?.[name] ?? 'importance',
    };
  });
  for (const { name, preference } of attributes) checkOrder(name, preference, attributes);
  return attributes;
}

function checkOrder(name: string, preference: Preference, attributes: readonly PlannedAttribute[]): void {
  if (preference === 'importance') return;
  const by = 'mostRecent' in preference ? preference.mostRecent : preference.leastRecent;
  const type = attributes.find((attribute) => attribute.name === by)?.type;
  if (type === 'date' || type === 'time' || type === 'integer' || type === 'number') return;
  throw inputError(
    'unify_recency_type',
    `"${by}" is neither a date, a time nor a number, so nothing is the most or least recent by it (unify.merge.attributes.${name}).`,
    'Give the column a type in its source, or name another attribute.',
  );
}

/** `same last_name and birth_date`, where the rule has no name of its own. */
function ruleName(rule: RuleConfig): string {
  return rule.name ?? `same ${Object.keys(rule.fields).join(' and ')}`;
}
