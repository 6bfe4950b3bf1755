import type { RuleFields } from '../../../api/answers.ts';
import { countOf, fromEditor, isEditable, toEditor } from './rule-model.ts';
import { emptyGroup, isGroup, type Group } from './rule-shape.ts';

/** What a step does to the people whom the steps above it have found. */
export const setWords = ['union', 'intersect', 'except'] as const;
export type SetWord = (typeof setWords)[number];

/** A group of rules, taken after those above it; the first one has none above it. */
export interface Step {
  word: SetWord;
  group: Group;
}

export const firstStep = (group: Group = emptyGroup()): Step => ({ word: 'union', group });

/** The server's rules as steps from the top; undefined where they say what the editor does not show or would lose. */
export function stepsOf(rules: Group, all: RuleFields): Step[] | undefined {
  if (rules.combinator !== undefined)
    return isEditable(rules, all) ? [firstStep(toEditor(rules))] : undefined;
  if (rules.not === true) return undefined;
  const steps: Step[] = [];
  let word: SetWord = 'union';
  for (const node of rules.rules) {
    if (typeof node === 'string') {
      word = node as SetWord;
      continue;
    }
    const group = isGroup(node) ? node : { combinator: 'and', rules: [node] };
    if (!isEditable(group, all)) return undefined;
    steps.push({ word, group: toEditor(group) });
  }
  return steps.length === 0 ? [firstStep()] : steps;
}

/** What the steps say to the server: one group as it is, several with a word between each two. */
export function fromSteps(steps: readonly Step[], all: RuleFields): Group {
  const [first] = steps;
  if (first === undefined || steps.length === 1) return fromEditor(first?.group ?? emptyGroup(), all);
  return {
    rules: steps.flatMap(({ word, group }, index) => [
      ...(index === 0 ? [] : [word]),
      fromEditor(group, all),
    ]),
  };
}

/** Whether the server is told of every rule of the steps: none waits for a value, or asks for a field that is gone. */
export function areSaid(steps: readonly Step[], all: RuleFields): boolean {
  return steps.every(({ group }) => countOf(fromEditor(group, all)) === countOf(group));
}

/** The place of a step, as the server names it: words are counted. */
export function placeOfStep(index: number, steps: number): string {
  return steps === 1 ? 'rules' : `rules.rules[${index * 2}]`;
}
