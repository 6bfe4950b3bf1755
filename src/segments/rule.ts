import { z } from 'zod';
import { suggestName } from '../base/nearest.ts';
import { operators, type Operator } from './operators.ts';

/**
 * The rule tree as people write it and as React Query Builder 8 edits it, before it is checked against
 * what exists (`check-rules.ts`). Our own keys are `ignoreCase`, `includeMissing`, `distinct`, `aggregate`
 * and `where`; the rest is React Query Builder's, its "independent combinators" too: a group without
 * `combinator` has a word of ours between its rules.
 *
 * What a rule means is said in `checked-rule.ts`, beside the checked form of each.
 */
export interface RuleGroup {
  /** The editor's own; means nothing. */
  id?: string | undefined;
  combinator?: 'and' | 'or' | undefined;
  not?: boolean | undefined;
  /** Without `combinator` every second one is a word; with it none is. */
  rules: (Rule | RuleGroup | SetWord)[];
}

/** What a rule does to the people that the rules above it have found. */
export const setWords = ['union', 'intersect', 'except'] as const;
export type SetWord = (typeof setWords)[number];

export interface Rule {
  /** The editor's own; means nothing. */
  id?: string | undefined;
  field: string;
  operator: Operator;
  value?: RuleValue | undefined;
  valueSource?: 'value' | 'field' | undefined;
  ignoreCase?: boolean | undefined;
  includeMissing?: boolean | undefined;
  match?: Match | undefined;
  distinct?: string | undefined;
  aggregate?: Aggregate | undefined;
  where?: RuleGroup | undefined;
}

export type RuleValue = string | number | boolean | null | (string | number)[] | Duration | RuleGroup;

export const durationUnits = ['days', 'weeks', 'months', 'years'] as const;
export type DurationUnit = (typeof durationUnits)[number];
/** One of the units, as in `{ days: 90 }`. */
export type Duration = Partial<Record<DurationUnit, number | undefined>>;

const matchModes = ['all', 'some', 'any', 'none', 'atLeast', 'atMost', 'exactly'] as const;
export interface Match {
  mode: (typeof matchModes)[number];
  threshold?: number | null | undefined;
}

export const aggregateFunctions = [
  'count',
  'countDistinct',
  'sum',
  'average',
  'min',
  'max',
  'first',
  'last',
] as const;
export type AggregateFunction = (typeof aggregateFunctions)[number];
export interface Aggregate {
  function: AggregateFunction;
  column?: string | undefined;
  /** For `first` and `last`: the column that orders the rows. */
  by?: string | undefined;
}

export function isRuleGroup(value: unknown): value is RuleGroup {
  return typeof value === 'object' && value !== null && 'rules' in value;
}

/** The rules and groups of a group, without the words between them. */
export function rulesOf(group: RuleGroup): (Rule | RuleGroup)[] {
  return group.rules.filter((child) => typeof child !== 'string');
}

const groupKeys = ['combinator', 'not', 'rules'];
const ruleKeys = [
  'field',
  'operator',
  'value',
  'valueSource',
  'ignoreCase',
  'includeMissing',
  'match',
  'distinct',
  'aggregate',
  'where',
];

const editorId = z.string().optional().describe("The editor's own id of this node; means nothing here.");

const setWord = z
  .enum(setWords)
  .describe(
    'Between two rules of a group without "combinator": what the rule below does to the people found above.',
  );

export const ruleGroup: z.ZodType<RuleGroup> = z
  .lazy(() =>
    z.strictObject(
      {
        id: editorId,
        combinator: z
          .enum(['and', 'or'])
          .optional()
          .describe(
            'Whether all rules or any one of them must hold. Without it, "union", "intersect" or "except" stands between each two rules, and they are taken from the top.',
          ),
        not: z.boolean().optional().describe('Turns the group round: the people who are not in it.'),
        rules: z
          .array(z.union([ruleGroup, rule, setWord], { error: ofBranch }))
          .describe('Rules and further groups. A group without any holds for everybody.'),
      },
      { error: unknownKey(groupKeys) },
    ),
  )
  .check(refuseBadSteps)
  .meta({ id: 'RuleGroup' });

const duration = z
  .strictObject(
    {
      days: z.int().optional().describe('Calendar days.'),
      weeks: z.int().optional().describe('Weeks of seven calendar days.'),
      months: z.int().optional().describe('Calendar months.'),
      years: z.int().optional().describe('Calendar years.'),
    },
    { error: unknownKey(durationUnits) },
  )
  .meta({ id: 'Duration' });

export const rule: z.ZodType<Rule> = z
  .lazy(() =>
    z.strictObject(
      {
        id: editorId,
        field: z
          .string()
          .min(1)
          .describe(
            'A profile attribute, the id of a relationship, or "segment" for members of other segments. In a group over the rows of a table: one of its columns, or the id of a relationship from or to that table.',
          ),
        operator: z
          .enum(operators, {
            error: (issue) => `unknown operator. ${suggestName(String(issue.input), operators)}`,
          })
          .describe('What is asked of the field.'),
        value: z
          .union(
            [
              z.string(),
              z.number(),
              z.boolean(),
              z.null(),
              z.array(z.union([z.string(), z.number()])),
              duration,
              ruleGroup,
            ],
            { error: ofBranch },
          )
          .optional()
          .describe(
            'What to compare with; for a relationship with "match", the group its rows must satisfy, whose rules can follow further relationships.',
          ),
        valueSource: z
          .enum(['value', 'field'])
          .optional()
          .describe('"field": the value is the name of another field to compare with.'),
        ignoreCase: z.boolean().optional().describe('Text only: "Cluj" and "CLUJ" are the same.'),
        includeMissing: z
          .boolean()
          .optional()
          .describe('Negative operators only: rows without a value count too. Otherwise they never do.'),
        match: z
          .strictObject({
            mode: z.enum(matchModes).describe('How many related rows must satisfy the group in "value".'),
            threshold: z.number().nullish().describe('The number for atLeast, atMost and exactly.'),
          })
          .optional()
          .describe(
            'For a relationship: how many of its rows, of this person or this row, must satisfy the group in "value".',
          ),
        distinct: z
          .string()
          .optional()
          .describe('With "match": count the different values of this column instead of rows.'),
        aggregate: z
          .strictObject({
            function: z.enum(aggregateFunctions).describe('What to make of the related rows.'),
            column: z.string().optional().describe('The column it is made of; "count" has none.'),
            by: z
              .string()
              .optional()
              .describe(
                'With "first" and "last": the column of numbers, dates or times that orders the rows.',
              ),
          })
          .optional()
          .describe('For a relationship: the number, date or other value to compare, made of its rows.'),
        where: ruleGroup.optional().describe('With "aggregate": only these related rows.'),
      },
      { error: unknownKey(ruleKeys) },
    ),
  )
  .meta({ id: 'Rule' });

interface RawIssue {
  code?: string | undefined;
  input?: unknown;
}
interface NestedIssue {
  path: PropertyKey[];
  message: string;
}

function unknownKey(known: readonly string[]) {
  return (issue: RawIssue & { keys?: string[] }): string | undefined => {
    const key = issue.keys?.[0];
    return issue.code === 'unrecognized_keys' && key !== undefined
      ? `"${key}" is not known here. ${suggestName(key, known)}`
      : undefined;
  };
}

/** Words between rules and `combinator` exclude each other; a group without either could mean two things. */
function refuseBadSteps({ value, issues }: z.core.ParsePayload<RuleGroup>): void {
  const complain = (index: number, message: string) =>
    issues.push({ code: 'custom', input: value, path: ['rules', index], message });
  const { combinator, rules } = value;
  for (const [index, child] of rules.entries()) {
    const isWord = typeof child === 'string';
    if (combinator !== undefined && isWord) {
      complain(index, `"${child}" goes into groups without "combinator".`);
      return;
    }
    if (combinator === undefined && isWord !== (index % 2 === 1)) {
      complain(
        index,
        isWord
          ? `a rule must stand before "${child}".`
          : `between two rules must stand one of ${setWords.join(', ')}; or the group needs a "combinator", and or or.`,
      );
      return;
    }
  }
  if (combinator === undefined && rules.length > 0 && rules.length % 2 === 0) {
    complain(rules.length - 1, 'a rule must follow.');
  }
}

/** The first complaint of the branch that was meant, instead of "invalid input" for a whole union. */
function ofBranch(issue: RawIssue & { errors?: readonly (readonly NestedIssue[])[] }): string | undefined {
  const branches = issue.errors ?? [];
  if (typeof issue.input !== 'object' || issue.input === null || Array.isArray(issue.input)) {
    return branches.length === 3
      ? `expected a rule, a group of rules, or one of ${setWords.join(', ')} between two of them.`
      : 'expected a text, a number, true, false or a list of those.';
  }
  // Of the two unions here one is [group, rule, word], the other ends in [duration, group].
  const group = isRuleGroup(issue.input) || 'combinator' in issue.input;
  const meant = branches.length === 3 ? branches[group ? 0 : 1] : branches.at(group ? -1 : -2);
  const first = meant?.[0];
  if (first === undefined) return undefined;
  const place = first.path
    .map((step) => (typeof step === 'number' ? `[${step}]` : `.${String(step)}`))
    .join('');
  return place === '' ? first.message : `${place.replace(/^\./, '')}: ${first.message}`;
}
