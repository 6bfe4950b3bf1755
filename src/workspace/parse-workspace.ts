import { LineCounter, parseDocument, visit, isMap, isPair, isScalar, type Document } from 'yaml';
import type { z } from 'zod';
import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import { checkReferences } from './check-references.ts';
import { knownKeysAt } from './workspace-schema.ts';
import { workspaceFile, type WorkspaceFile } from './workspace-file.ts';

/** Something wrong in a workspace file, at a place. */
export interface WorkspaceProblem {
  /** As in `exports.newsletter.audience`. */
  path: (string | number)[];
  message: string;
  hint?: string;
}

/**
 * A workspace file's text as what it says: YAML 1.2 core schema (JSON is a part of it), `${NAME}` replaced from the
 * environment, checked against the schema and within itself.
 * @param file for messages
 * @throws `input` / `workspace_invalid` with every problem found, each with line, column and path
 */
export function parseWorkspace(
  text: string,
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): WorkspaceFile {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    lineCounter: lines,
    prettyErrors: false,
  });
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  // Only the first: one slip of a bracket makes the parser stumble over everything behind it.
  const [slip] = document.errors;
  if (slip !== undefined) {
    throw inputError(
      'workspace_syntax',
      `${at(slip.pos[0])} ${slip.message}`,
      'Mend the YAML here; text with ${NAME} in it must be quoted.',
    );
  }
  const problems: WorkspaceProblem[] = readEnvironment(document, env);
  const parsed = workspaceFile.safeParse(document.toJS() ?? {});
  if (parsed.success) problems.push(...checkReferences(parsed.data));
  else problems.push(...parsed.error.issues.flatMap((issue) => problemsOf(issue)));
  if (problems.length === 0 && parsed.success) return parsed.data;

  const shown = problems.map((problem) => `${at(offsetOf(document, problem.path))} ${sentence(problem)}`);
  throw inputError(
    'workspace_invalid',
    shown.join('\n'),
    problems.length === 1 ? problems[0]?.hint : 'Mend these places; nothing was changed.',
  );
}

/** Replaces `${NAME}` in every text value; `$${` stands for a plain `${`. */
function readEnvironment(
  document: Document,
  env: Readonly<Record<string, string | undefined>>,
): WorkspaceProblem[] {
  const problems: WorkspaceProblem[] = [];
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key' || typeof node.value !== 'string') return;
      node.value = node.value.replaceAll(/\$?\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (match, name: string) => {
        if (match.startsWith('$$')) return match.slice(1);
        const value = env[name];
        if (value !== undefined) return value;
        problems.push({
          path: pathOf([...ancestors, node]),
          message: `the environment has no variable ${name}`,
          hint: `Set it: export ${name}=…`,
        });
        return '';
      });
    },
  });
  return problems;
}

function problemsOf(issue: z.core.$ZodIssue, above: (string | number)[] = []): WorkspaceProblem[] {
  const path = [...above, ...issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))];
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeysAt(path);
    return issue.keys.map((key) => ({
      path: [...path, key],
      message: `unknown key "${key}"`,
      hint: suggestName(key, known),
    }));
  }
  // Of a union, the branch with the fewest complaints is the one the writer meant.
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const meant = issue.errors.toSorted((a, b) => complaints(a) - complaints(b))[0] ?? [];
    const inner = meant.flatMap((each) => problemsOf(each, path));
    if (inner.some((problem) => problem.path.length > path.length)) return inner;
  }
  if (issue.code === 'invalid_key') {
    return issue.issues.map((each) => ({ path, message: each.message }));
  }
  return [{ path, message: issue.message }];
}

function complaints(issues: readonly z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
}

function sentence(problem: WorkspaceProblem): string {
  const path = problem.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  return `${path.replace(/^\./, '')}: ${problem.message}.${problem.hint === undefined ? '' : ` ${problem.hint}`}`.replace(
    '..',
    '.',
  );
}

/** Where the nearest thing on the way to a path stands in the text. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent = document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair !== undefined && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node = document.getIn(path.slice(0, length), true) as
      { range?: [number, number, number] } | undefined;
    if (node?.range) return node.range[0];
  }
  return 0;
}

function pathOf(ancestors: readonly unknown[]): (string | number)[] {
  const path: (string | number)[] = [];
  ancestors.forEach((node, index) => {
    const parent = ancestors[index - 1];
    if (isPair(node) && isScalar(node.key)) path.push(node.key.value as string);
    else if (
      typeof parent === 'object' &&
      parent !== null &&
      'items' in parent &&
      Array.isArray(parent.items)
    ) {
      const position = parent.items.indexOf(node);
      if (position >= 0) path.push(position);
    }
  });
  return path;
}
