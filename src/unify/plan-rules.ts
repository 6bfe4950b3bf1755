import { inputError } from '../base/errors.ts';
import { comparesText, defaultNormaliser, normaliserOf, type Normaliser } from './normaliser.ts';
import type { NormaliserConfig } from './normaliser-config.ts';
import { rulesOf, scoreOf, type JoiningConfig, type ScoreConfig } from './probabilistic/score-config.ts';
import { planScore, type PlannedScore } from './probabilistic/score-plan.ts';
import {
  isSimilar,
  type ComparisonConfig,
  type ExceptionConfig,
  type LevelConfig,
  type RuleConfig,
} from './rule-config.ts';
import type { UnifyConfig } from './unify-config.ts';
import type { PlannedAttribute } from './unify-plan.ts';

/** An attribute in a form in which it is compared. */
export interface Form {
  attribute: PlannedAttribute;
  normaliser: Normaliser;
  /** Whether a list says of some values that they agree with nothing. */
  bypass: boolean;
}

export type SimilarityMethod = 'jaroWinkler' | 'editDistance' | 'tokens';

/** A form, by its place in the plan, and how alike it must be. */
export interface Likeness {
  form: number;
  by: SimilarityMethod;
  /** From 0 to 1. */
  level: number;
}

export type Exception =
  { kind: 'exact' | 'different'; form: number } | { kind: 'similar' | 'lessSimilar'; likeness: Likeness };

/** Two records agree under a rule when all its fields are filled and alike enough, and no exception holds. */
export type PlannedRule = {
  name: string;
  /** Forms that must be equal: they say which records are compared at all. */
  exact: number[];
  similar: Likeness[];
  unless: Exception[];
} & (
  | /** Joins records of the source at this place. */
    { kind: 'deduplicate'; position: number } /** Joins records of different sources. */
  | { kind: 'match' }
);

const levels = { high: 0.8, medium: 0.6, low: 0.3 } as const;

/**
 * The rules of a configuration that `checkUnifyConfig` has seen, and the forms they speak of, each once.
 * Error: `unify_similar_type` where something is to be alike that is no text.
 */
export function planRules(
  config: UnifyConfig,
  attributes: readonly PlannedAttribute[],
): { forms: Form[]; rules: PlannedRule[]; scores: PlannedScore[] } {
  const forms: Form[] = [];
  const places = new Map<string, number>();

  function formOf(name: string, own: NormaliserConfig | undefined): number {
    const attribute = attributes.find((candidate) => candidate.name === name) as PlannedAttribute;
    const { type, isEmail } = attribute;
    const chosen = own ?? config.normalise?.[name] ?? defaultNormaliser(name, type, isEmail);
    const normaliser = normaliserOf(chosen);
    const key = JSON.stringify([name, normaliser]);
    const place =
      places.get(key) ??
      forms.push({ attribute, normaliser, bypass: config.bypass?.[name] !== undefined }) - 1;
    places.set(key, place);
    return place;
  }

  function likeness(
    name: string,
    how: { by?: SimilarityMethod | undefined; normalise?: NormaliserConfig | undefined },
    level: LevelConfig,
    path: string,
  ): Likeness {
    const form = formOf(name, how.normalise);
    const { attribute, normaliser } = forms[form] as Form;
    if (!comparesText(normaliser, attribute.type)) {
      throw inputError(
        'unify_similar_type',
        `"${name}" is no text, so its values cannot be alike (${path}).`,
        'Compare it as "exact", or as text: normalise: text.',
      );
    }
    return { form, by: how.by ?? 'jaroWinkler', level: typeof level === 'number' ? level : levels[level] };
  }

  function conditions(rule: RuleConfig, path: string): Pick<PlannedRule, 'exact' | 'similar' | 'unless'> {
    const exact: number[] = [];
    const similar: Likeness[] = [];
    const field = (name: string, how: ComparisonConfig): void => {
      if (how === 'exact') exact.push(formOf(name, undefined));
      else if (how.similar === undefined) exact.push(formOf(name, how.normalise));
      else similar.push(likeness(name, how, how.similar, `${path}.fields.${name}`));
    };
    const exception = (name: string, how: ExceptionConfig): Exception => {
      if (typeof how === 'string') return { kind: how, form: formOf(name, undefined) };
      const at = `${path}.unless.${name}`;
      return 'similar' in how
        ? { kind: 'similar', likeness: likeness(name, how, how.similar, at) }
        : { kind: 'lessSimilar', likeness: likeness(name, how, how.different, at) };
    };
    for (const [name, how] of Object.entries(rule.fields)) field(name, how);
    const unless = Object.entries(rule.unless ?? {}).map(([name, how]) => exception(name, how));
    return { exact, similar, unless };
  }

  const rules = [
    ...config.sources.flatMap(({ deduplicate }, position) =>
      rulesOf(deduplicate).map((rule, index): PlannedRule => ({
        kind: 'deduplicate',
        position,
        name: ruleName(rule),
        ...conditions(rule, `${pathOf(deduplicate, `unify.sources[${position}].deduplicate`)}[${index}]`),
      })),
    ),
    ...rulesOf(config.match).map((rule, index): PlannedRule => ({
      kind: 'match',
      name: ruleName(rule),
      ...conditions(rule, `${pathOf(config.match, 'unify.match')}[${index}]`),
    })),
  ];
  const mappedBy = ({ attributes: columns }: UnifyConfig['sources'][number]) =>
    attributes.filter(({ name }) => Object.hasOwn(columns, name));
  const planned = (score: ScoreConfig, mapped: readonly PlannedAttribute[], path: string) =>
    planScore(
      score,
      mapped,
      (name, form) => formOf(name, config.normalise?.[name] === undefined ? form : undefined),
      path,
    );
  const scores = [
    ...config.sources.flatMap((source, position): PlannedScore[] => {
      const score = scoreOf(source.deduplicate);
      const path = `unify.sources[${position}].deduplicate`;
      return score === undefined
        ? []
        : [{ kind: 'deduplicate', position, ...planned(score, mappedBy(source), path) }];
    }),
    ...[scoreOf(config.match) ?? []]
      .flat()
      .map((score): PlannedScore => ({ kind: 'match', ...planned(score, attributes, 'unify.match') })),
  ];
  for (const name of Object.keys(config.bypass ?? {})) {
    if (!forms.some(({ attribute }) => attribute.name === name)) formOf(name, undefined);
  }
  return { forms, rules, scores };
}

function pathOf(joining: JoiningConfig | undefined, path: string): string {
  return Array.isArray(joining) ? path : `${path}.rules`;
}

/** `same last_name and birth_date`, where the rule has no name of its own. */
function ruleName({ name, fields }: RuleConfig): string {
  if (name !== undefined) return name;
  let before = '';
  const parts = Object.entries(fields).map(([attribute, how]) => {
    const word = isSimilar(how) ? 'similar' : 'same';
    const part = word === before ? attribute : `${word} ${attribute}`;
    before = word;
    return part;
  });
  return parts.join(' and ');
}
