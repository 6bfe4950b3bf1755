import { nearlyEqual } from './comparison.ts';
import { probabilityOf, type Pattern, type Weights } from './estimate-weights.ts';
import type { RuleConfig } from '../rule-config.ts';
import type { ComparisonKind } from './score-config.ts';
import type { PlannedScore } from './score-plan.ts';

/** A rule that would find many of the pairs that a score takes for one person, and few others. */
export interface RuleProposal {
  fields: RuleConfig['fields'];
  /** Compared pairs that agree under it. */
  pairs: number;
  /** The share of them that are one person, as the score has it. */
  precision: number;
  /** The share of all pairs that are one person which it finds; and which no proposal before it does. */
  recall: number;
  adds: number;
}

/** Every rule is right at least so often, as far as the score knows. */
const leastPrecision = 0.99;
/** A rule must add at least this share of all pairs that are one person. */
const leastAdded = 0.005;
const mostRules = 8;

/** A field of a rule: equal, or with a slip. */
interface Condition {
  place: number;
  /** The weakest level that is still enough. */
  level: 0 | 1;
}

const mostConditions = 3;
/**
 * What may be a rule all by itself: values that are given to one person. A day of birth can be right every time
 * among a thousand people, and joins strangers among a million.
 */
const speaksAlone = new Set<ComparisonKind | undefined>(['email', 'phone', 'number']);

/**
 * Rules made from patterns of agreement, the one that finds most first, then what adds most to it, and so on. Only rules
 * are proposed of which every pair was compared: those that ask for all fields of a pass to be equal.
 * @param all whether every pair was compared, whatever the passes
 */
export function proposeRules(
  score: Pick<PlannedScore, 'fields'>,
  {
    candidates,
    weights,
    passes,
    all,
  }: {
    candidates: readonly Pattern[];
    weights: Weights;
    passes: readonly (readonly number[])[];
    all: boolean;
  },
): RuleProposal[] {
  const patterns = candidates.map(({ levels, count }) => ({
    levels,
    count,
    expected: count * probabilityOf(levels, weights),
  }));
  const total = patterns.reduce((sum, { expected }) => sum + expected, 0);
  if (total === 0) return [];
  let open = rulesOf(score, all ? undefined : passes).flatMap((conditions) => {
    const fitting = patterns.flatMap((pattern, place) => (agrees(pattern, conditions) ? [place] : []));
    const [pairs, matches] = [sumOf(fitting, 'count'), sumOf(fitting, 'expected')];
    return pairs > 0 && matches / pairs >= leastPrecision ? [{ conditions, fitting, pairs, matches }] : [];
  });
  const covered = new Set<number>();
  const proposals: RuleProposal[] = [];
  while (proposals.length < mostRules) {
    const gains = open.map((rule) => ({
      rule,
      gain: sumOf(
        rule.fitting.filter((place) => !covered.has(place)),
        'expected',
      ),
    }));
    // Of rules that find as much the shorter is easier to believe, and stands first.
    const [best] = gains.toSorted(
      (a, b) => b.gain - a.gain || a.rule.conditions.length - b.rule.conditions.length,
    );
    if (best === undefined || best.gain < leastAdded * total) break;
    const { conditions, fitting, pairs, matches } = best.rule;
    proposals.push({
      fields: fieldsOf(score, conditions),
      pairs,
      precision: matches / pairs,
      recall: matches / total,
      adds: best.gain / total,
    });
    fitting.forEach((place) => covered.add(place));
    open = open.filter((rule) => rule !== best.rule);
  }
  return proposals;

  function sumOf(places: readonly number[], what: 'count' | 'expected'): number {
    return places.reduce((sum, place) => sum + (patterns[place]?.[what] ?? 0), 0);
  }
}

/** All rules of up to three conditions, of which one at least asks for equal values; the short ones first. */
function rulesOf(
  { fields }: Pick<PlannedScore, 'fields'>,
  passes: readonly (readonly number[])[] | undefined,
): Condition[][] {
  let sets: Condition[][] = [[]];
  const all: Condition[][] = [];
  for (let size = 1; size <= mostConditions; size += 1) {
    sets = sets.flatMap((set) =>
      fields.flatMap(({ kind }, place) => {
        if (place <= (set.at(-1)?.place ?? -1)) return [];
        const levels = kind === 'name' || kind === 'text' ? ([0, 1] as const) : ([0] as const);
        return levels.map((level) => [...set, { place, level }]);
      }),
    );
    all.push(...sets);
  }
  return all.filter((conditions) => {
    const [only, more] = conditions;
    if (only !== undefined && more === undefined && !speaksAlone.has(fields[only.place]?.kind)) return false;
    const equal = new Set(conditions.flatMap(({ place, level }) => (level === 0 ? [place] : [])));
    return passes === undefined
      ? equal.size > 0
      : passes.some((pass) => pass.every((place) => equal.has(place)));
  });
}

function agrees({ levels }: Pick<Pattern, 'levels'>, conditions: readonly Condition[]): boolean {
  return conditions.every(({ place, level }) => {
    const reached = levels[place];
    return reached !== null && reached !== undefined && reached <= level;
  });
}

function fieldsOf(
  { fields }: Pick<PlannedScore, 'fields'>,
  conditions: readonly Condition[],
): RuleConfig['fields'] {
  return Object.fromEntries(
    conditions.map(({ place, level }) => [
      fields[place]?.attribute ?? '',
      level === 0 ? ('exact' as const) : { similar: nearlyEqual },
    ]),
  );
}
