import type { z } from 'zod';
import { suggestName } from '../base/nearest.ts';
import type { WorkspaceProblem } from './parse-workspace.ts';
import { knownKeysAt } from './workspace-schema.ts';

/**
 * What a schema found wrong, as problems for people: unknown keys with the nearest known one, and of the forms a value
 * may have, only what is wrong with the one that was meant.
 * @param content the whole file, in which the issue's path leads to the value
 */
export function problemsOf(
  issue: z.core.$ZodIssue,
  content: unknown,
  above: (string | number)[] = [],
): WorkspaceProblem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"`,
      hint: suggestName(key, known),
    }));
  }
  // Where a schema has words of its own, they are better.
  if (takesText(issue) && issue.message.startsWith('Invalid input')) {
    const value = valueAt(content, path);
    if (typeof value === 'number' || typeof value === 'boolean') {
      return [{ path, message: `must be text, and YAML reads a ${typeof value} here: quote it` }];
    }
  }
  // Of a union, the branch with the fewest complaints is the one the writer meant, if it is of the right sort at all.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const fitting = issue.errors.filter((branch) => !branch.some(isOfOtherType));
    const branches = fitting.length > 0 ? fitting : issue.errors;
    const meant = branches.toSorted((a, b) => complaints(a) - complaints(b))[0] ?? [];
    const inner = meant.flatMap((each) => problemsOf(each, content, path));
    if (inner.some((problem) => problem.path.length > path.length)) return inner;
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((each) => ({ path, message: each.message }));
  }
  return [{ path, message: issue.message }];
}

function isOfOtherType(issue: z.core.$ZodIssue): boolean {
  return issue.code === 'invalid_type' && issue.path.length === 0;
}

/** Whether text would have been right at the very place of an issue. */
function takesText(issue: z.core.$ZodIssue): boolean {
  if (issue.code === 'invalid_type') return issue.expected === 'string';
  return (
    issue.code === 'invalid_union' &&
    issue.errors.some((branch) => branch.some((each) => isOfOtherType(each) && takesText(each)))
  );
}

function valueAt(content: unknown, path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, part) =>
      typeof value === 'object' && value !== null
        ? (value as Record<string | number, unknown>)[part]
        : undefined,
    content,
  );
}

function complaints(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}
