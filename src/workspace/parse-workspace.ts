import { LineCounter, parseDocument, visit, isMap, isPair, isScalar, type Alias, type Document } from 'yaml';
import { environmentMark } from '../base/environment-marks.ts';
import { inputError } from '../base/errors.ts';
import { checkReferences } from './check-references.ts';
import { problemsOf } from './schema-problems.ts';
import { workspaceFile, type WorkspaceFile } from './workspace-file.ts';

/** Something wrong in a workspace file, at a place. */
export interface WorkspaceProblem {
  /** As in `exports.newsletter.audience`. */
  path: (string | number)[];
  message: string;
  hint?: string;
  /** Of problems that have a name of their own. */
  code?: string;
}

/**
 * A workspace file's text as what it says: YAML 1.2 core schema (JSON is a part of it), `${NAME}` replaced from the
 * environment, checked against the schema and within itself.
 * @param file for messages
 * @throws `input` / `workspace_syntax` at the first place that is no YAML; `workspace_invalid` with every problem
 *   found, each with line, column and path; where all are of one named sort, by that name (`tag_shared`, `field_shared`)
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
  const missing = readEnvironment(document, env);
  const content = contentOf(document, at);
  const parsed = workspaceFile.safeParse(content);
  const found = parsed.success
    ? checkReferences(parsed.data)
    : parsed.error.issues.flatMap((issue) => problemsOf(issue, content));
  if (missing.length === 0 && parsed.success && found.length === 0) return parsed.data;

  // What stands in for a missing variable is no value of the writer's: nothing more is said of it.
  const unset = new Set(missing.map(({ path }) => JSON.stringify(path)));
  const problems = [...missing, ...found.filter(({ path }) => !unset.has(JSON.stringify(path)))];

  const shown = problems.map((problem) => `${at(offsetOf(document, problem.path))} ${sentence(problem)}`);
  const sorts = new Set(problems.map(({ code }) => code ?? 'workspace_invalid'));
  throw inputError(
    sorts.size === 1 ? [...sorts].join() : 'workspace_invalid',
    shown.join('\n'),
    problems.length === 1 ? problems[0]?.hint : 'Mend these places; nothing was changed.',
  );
}

/** The document as plain values. Aliases are resolved only here, so the slips of aliases show only here. */
function contentOf(document: Document, at: (offset: number) => string): unknown {
  const refuse = (alias: Alias | undefined, what: string, hint: string, cause?: unknown) =>
    inputError('workspace_syntax', `${at(alias?.range?.[0] ?? 0)} ${what}`, hint, cause);
  let first: Alias | undefined;
  visit(document, {
    Alias(_key, alias, ancestors) {
      first ??= alias;
      const target = alias.resolve(document);
      if (target === undefined) {
        const hint = 'Set the anchor before it, or quote what is meant as text.';
        throw refuse(alias, `The alias *${alias.source} has no anchor.`, hint);
      }
      if (ancestors.includes(target)) {
        const hint = 'Write out what is meant.';
        throw refuse(alias, `The alias *${alias.source} stands within its own anchor.`, hint);
      }
    },
  });
  try {
    return document.toJS() ?? {};
  } catch (error) {
    // The only one left: aliases of aliases that would fill the memory.
    if (!(error instanceof ReferenceError)) throw error;
    throw refuse(first, 'The aliases from here on stand for too much.', 'Write out what they mean.', error);
  }
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
      node.value = node.value.replaceAll(environmentMark, (_match, name: string | undefined) => {
        if (name === undefined) return '${';
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

function sentence({ path, message, hint }: WorkspaceProblem): string {
  const place = path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('');
  const about = place === '' ? '' : `${place.replace(/^\./, '')}: `;
  return `${about}${message}${message.endsWith('.') ? '' : '.'}${hint === undefined ? '' : ` ${hint}`}`;
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
