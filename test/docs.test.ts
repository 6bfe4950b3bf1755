import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { buildProgram } from '../src/cli/program.ts';
import type { Shell } from '../src/cli/shell.ts';
import { knownKeysAt } from '../src/workspace/workspace-schema.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...globSync('docs/**/*.md', { cwd: root })];
const read = (page: string) => readFileSync(join(root, page), 'utf8');

/** Blocks of one language, with the page they stand on. */
const blocks = (language: string) =>
  pages.flatMap((page) =>
    [...read(page).matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
      ([, text = '']) => [page, text] as const,
    ),
  );

const program = buildProgram({} as Shell);

/** As a shell would part it, without what only a shell does. */
function words(line: string): string[] {
  const [command = ''] = line.replaceAll(/\$\([^)]*\)/g, '1').split(/\s+#\s|\s[|>]\s|\s>\s|&&|;/);
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? '',
  );
}

/** What is wrong with a command of ours: the name of it, an option or a number of arguments that there is not. */
function wrongWith(given: readonly string[]): string | undefined {
  let command: Command = program;
  let rest = [...given];
  for (;;) {
    const next = command.commands.find((each) => each.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest = rest.slice(1);
  }
  if (command === program && !rest[0]?.startsWith('-')) return `no command "${rest[0] ?? ''}"`;
  const known = [...command.options, ...program.options];
  let args = 0;
  for (let at = 0; at < rest.length; at++) {
    const word = rest[at] ?? '';
    if (!word.startsWith('-')) {
      args += 1;
      continue;
    }
    const option = known.find(({ long, short }) => long === word.split('=')[0] || short === word);
    if (option === undefined) return `${command.name()} has no ${word}`;
    if ((option.required || option.optional) && !word.includes('=')) at += 1;
  }
  const wanted = command.registeredArguments;
  const least = wanted.filter(({ required }) => required).length;
  const most = wanted.some(({ variadic }) => variadic) ? Infinity : wanted.length;
  return args < least || args > most ? `${command.name()} with ${args} arguments` : undefined;
}

const ours = /^(?:\$ )?(?:npx |npm run -s postrider -- )?postrider |^npm run -s postrider -- /;

describe('the documents', () => {
  const commands = blocks('sh').flatMap(([page, text]) =>
    text
      .replaceAll('\\\n', ' ')
      .split('\n')
      .filter((line) => ours.test(line))
      .map((line) => [page, line.replace(ours, '')] as const),
  );

  it('name only commands and options that there are', () => {
    expect(commands.length).toBeGreaterThan(60);
    const wrong = commands.flatMap(([page, line]) => {
      // A row of dots stands for what the reader puts there.
      const problem = /…/.test(line) ? undefined : wrongWith(words(line));
      return problem === undefined ? [] : [`${page}: ${line} – ${problem}`];
    });
    expect(wrong).toEqual([]);
  });

  it('name only scripts that package.json has', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
    const named = pages.flatMap((page) =>
      [...read(page).matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = '']) => name),
    );
    expect(named.length).toBeGreaterThan(20);
    expect([...new Set(named)].filter((name) => scripts[name] === undefined)).toEqual([]);
  });

  it('show workspace files whose keys there are', () => {
    const files = blocks('yaml');
    expect(files.length).toBeGreaterThan(15);
    const tops = knownKeysAt([]);
    const wrong = files.flatMap(([page, text]) => {
      const document = parseDocument(text);
      const value: unknown = document.toJS();
      const errors = document.errors.map(({ message }) => `${page}: ${message}`);
      // Parts of a file begin at a key of it; others are no part of one.
      const isPart =
        typeof value === 'object' && value !== null && Object.keys(value).some((key) => tops.includes(key));
      return [...errors, ...(isPart ? unknownKeys(value, []).map((path) => `${page}: ${path}`) : [])];
    });
    expect(wrong).toEqual([]);
  });

  it('lead to pages and places that there are', () => {
    const dead = pages.flatMap((page) =>
      [...read(page).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) => {
        if (/^(https?|mailto):/.test(target)) return [];
        const [path = '', place] = target.split('#');
        const file = path === '' ? page : join(dirname(page), path);
        if (!existsSync(join(root, file))) return [`${page} → ${target}`];
        if (place === undefined || !file.endsWith('.md')) return [];
        const places = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) => anchor(title));
        return places.includes(place) ? [] : [`${page} → ${target}`];
      }),
    );
    expect(dead).toEqual([]);
  });
});

/** As the usual places show headings. */
function anchor(title: string): string {
  return title
    .toLowerCase()
    .replaceAll(/[`*]/g, '')
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replaceAll(/\s/g, '-');
}

function unknownKeys(value: unknown, path: (string | number)[]): string[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => unknownKeys(each, [...path, index]));
  if (typeof value !== 'object' || value === null) return [];
  // Rules have a schema of their own, and stand in each other.
  if (path.at(-1) === 'rules' || path.at(-1) === 'where') return [];
  const known = knownKeysAt(path);
  return Object.entries(value).flatMap(([key, inner]) => {
    const here = [...path, key];
    if (known.length > 0 && !known.includes(key)) return [here.join('.')];
    return unknownKeys(inner, here);
  });
}
