import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Preference } from './merge-config.ts';
import type { NormaliserConfig } from './normaliser-config.ts';
import { rulesOf, scoreOf, type JoiningConfig } from './probabilistic/score-config.ts';
import type { RuleConfig } from './rule-config.ts';
import type { UnifyConfig } from './unify-config.ts';

/**
 * What can be said of a configuration without looking at the tables. Errors, each with the path in the
 * workspace file: `unify_source_twice`, `unify_attribute_clash` (two that differ in case only),
 * `unify_attribute_unknown` (something about an attribute that no source maps), `unify_preference_source` (an
 * order with a source that is not unified), `unify_group_overlap` (an attribute of a group that has a
 * preference, or another group, of its own).
 */
export function checkUnifyConfig(config: UnifyConfig): void {
  const mapped = mappedAttributes(config);
  const need = (
    attribute: string,
    path: string,
    known: ReadonlySet<string> = mapped,
    where = 'No source',
  ) => {
    if (known.has(attribute)) return;
    throw inputError(
      'unify_attribute_unknown',
      `${where} maps no column to the attribute "${attribute}" (${path}).`,
      suggestName(attribute, [...known]),
    );
  };
  const checkNormaliser = (normaliser: NormaliserConfig | undefined, path: string): void => {
    if (typeof normaliser === 'object' && normaliser.as === 'phone' && normaliser.country !== undefined) {
      need(normaliser.country, `${path}.country`);
    }
  };
  const checkRule = (rule: RuleConfig, path: string, known?: ReadonlySet<string>, where?: string): void => {
    for (const part of ['fields', 'unless'] as const) {
      for (const [field, how] of Object.entries(rule[part] ?? {})) {
        need(field, `${path}.${part}.${field}`, known, where);
        if (typeof how === 'object') checkNormaliser(how.normalise, `${path}.${part}.${field}.normalise`);
      }
    }
  };

  const checkJoining: CheckJoining = (joining, path, known, where) => {
    const rules = Array.isArray(joining) ? path : `${path}.rules`;
    rulesOf(joining).forEach((rule, index) => checkRule(rule, `${rules}[${index}]`, known, where));
    for (const [field, how] of Object.entries(scoreOf(joining)?.fields ?? {})) {
      need(field, `${path}.fields.${field}`, known, where);
      if (typeof how === 'object') checkNormaliser(how.normalise, `${path}.fields.${field}.normalise`);
    }
  };

  checkSources(config, checkJoining);
  checkJoining(config.match, 'unify.match');
  checkMerge(config, need);
  for (const [attribute, normaliser] of Object.entries(config.normalise ?? {})) {
    need(attribute, `unify.normalise.${attribute}`);
    checkNormaliser(normaliser, `unify.normalise.${attribute}`);
  }
  for (const attribute of Object.keys(config.bypass ?? {})) need(attribute, `unify.bypass.${attribute}`);
  config.emails?.forEach((attribute, index) => need(attribute, `unify.emails[${index}]`));
  checkClashes(config, [...mapped]);
}

type CheckJoining = (
  joining: JoiningConfig | undefined,
  path: string,
  known?: ReadonlySet<string>,
  where?: string,
) => void;

function checkSources(config: UnifyConfig, checkJoining: CheckJoining): void {
  const seen = new Set<string>();
  config.sources.forEach(({ source, attributes, deduplicate }, position) => {
    if (seen.has(source)) {
      throw inputError(
        'unify_source_twice',
        `The source "${source}" is listed twice (unify.sources[${position}].source).`,
        'Put all its attributes into one entry.',
      );
    }
    seen.add(source);
    const own = new Set(Object.keys(attributes));
    checkJoining(deduplicate, `unify.sources[${position}].deduplicate`, own, `The source "${source}"`);
  });
}

function checkMerge({ merge, sources }: UnifyConfig, need: (attribute: string, path: string) => void): void {
  const known = sources.map(({ source }) => source);
  const checkPreference = (preference: Preference | undefined, path: string): void => {
    if (preference === undefined || typeof preference === 'string') return;
    if ('order' in preference) {
      preference.order.forEach((source, index) => {
        if (known.includes(source)) return;
        throw inputError(
          'unify_preference_source',
          `"${source}" is no source under unify.sources (${path}.order[${index}]).`,
          suggestName(source, known),
        );
      });
      return;
    }
    for (const [how, by] of Object.entries(preference)) need(by, `${path}.${how}`);
  };

  checkPreference(merge?.default, 'unify.merge.default');
  sources.forEach(({ winner }, position) => checkPreference(winner, `unify.sources[${position}].winner`));
  for (const [attribute, preference] of Object.entries(merge?.attributes ?? {})) {
    need(attribute, `unify.merge.attributes.${attribute}`);
    checkPreference(preference, `unify.merge.attributes.${attribute}`);
  }
  const taken = new Set(Object.keys(merge?.attributes ?? {}));
  for (const [group, entry] of Object.entries(merge?.groups ?? {})) {
    const path = `unify.merge.groups.${group}`;
    const { attributes, prefer } = Array.isArray(entry) ? { attributes: entry, prefer: undefined } : entry;
    checkPreference(prefer, `${path}.prefer`);
    for (const attribute of attributes) {
      need(attribute, path);
      if (taken.has(attribute)) {
        throw inputError(
          'unify_group_overlap',
          `"${attribute}" is taken with its group, and is named elsewhere as well (${path}).`,
          'Let each attribute stand once, under merge.attributes or in one of merge.groups.',
        );
      }
      taken.add(attribute);
    }
  }
}

function checkClashes(config: UnifyConfig, all: readonly string[]): void {
  all.forEach((attribute, index) => {
    const twin = all.slice(0, index).find((other) => other.toLowerCase() === attribute.toLowerCase());
    if (twin === undefined) return;
    const position = config.sources.findIndex(({ attributes }) => Object.hasOwn(attributes, attribute));
    throw inputError(
      'unify_attribute_clash',
      `The attributes "${twin}" and "${attribute}" differ in upper case only (unify.sources[${position}].attributes.${attribute}).`,
      `Write "${twin}" in both places, or choose another name.`,
    );
  });
}

function mappedAttributes(config: UnifyConfig): Set<string> {
  return new Set(config.sources.flatMap(({ attributes }) => Object.keys(attributes)));
}
