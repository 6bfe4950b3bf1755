import { PostriderError } from '../base/errors.ts';
import type { Rule } from './rule.ts';

/** One thing that is wrong with the rules somebody wrote. */
export interface RuleProblem {
  /** Stable, lower snake case. */
  code: string;
  /** Where, as in `segments.big-spenders.rules.rules[1].value.rules[0].field`. */
  path: string;
  message: string;
  hint?: string;
}

/** All that is wrong at once; as an error it speaks of the first. */
export class RulesError extends PostriderError {
  readonly problems: readonly RuleProblem[];

  constructor(problems: readonly [RuleProblem, ...RuleProblem[]]) {
    const [first] = problems;
    const more = problems.length === 1 ? '' : ` (and ${problems.length - 1} more)`;
    super({
      kind: 'input',
      code: first.code,
      message: `${first.path}: ${first.message}${more}`,
      ...(first.hint === undefined ? {} : { hint: first.hint }),
    });
    this.name = 'RulesError';
    this.problems = problems;
  }
}

/** Throws all problems together, if there are any. */
export function refuseProblems(problems: readonly RuleProblem[]): void {
  const [first, ...rest] = problems;
  if (first !== undefined) throw new RulesError([first, ...rest]);
}

/** Notes a problem at a key of one rule, and gives undefined, which stands for the part that is wrong. */
export type Complain = (key: keyof Rule, code: string, message: string, hint?: string) => undefined;

/** @param path of the rule */
export function complainer(path: string, problems: RuleProblem[]): Complain {
  return (key, code, message, hint) => {
    problems.push({ code, path: `${path}.${key}`, message, ...(hint === undefined ? {} : { hint }) });
    return undefined;
  };
}

/** Keys that would be read by nobody: what was meant by them would silently not happen. */
export function refuseKeys(rule: Rule, keys: readonly (keyof Rule)[], why: string, complain: Complain): void {
  for (const key of keys) {
    // What editors write of their own accord, and means nothing.
    if (rule[key] === undefined || rule[key] === false || rule[key] === 'value') continue;
    complain(key, 'key_unsuited', `"${key}" ${why}.`, 'Take it out.');
  }
}
