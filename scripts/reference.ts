import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { environmentVariables } from '../src/base/config.ts';
import { buildProgram } from '../src/cli/program.ts';
import type { Shell } from '../src/cli/shell.ts';
import { openMetrics } from '../src/server/metrics.ts';
import { workspaceJsonSchema } from '../src/workspace/workspace-schema.ts';
import { apiDocument } from './api-document.ts';

export const referenceFolder = fileURLToPath(new URL('../docs/reference/', import.meta.url));

/** Every page of the reference, made of the code itself: name of the file, and its text. */
export async function reference(): Promise<Record<string, string>> {
  return {
    'command-line.md': commandLine(),
    'environment.md': environment(),
    'api.md': await api(),
    'workspace-file.md': workspaceFile(),
    'metrics.md': await metrics(),
  };
}

const written = '*Written by `npm run reference` from the code; do not edit.*';

const page = (title: string, about: string, ...parts: string[]): string =>
  `${[`# ${title}`, written, about, ...parts].join('\n\n')}\n`;

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cellOf).join(' | ')} |`).join('\n');

/** Text in a cell of a table. */
const cellOf = (text: string): string => text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');

const code = (text: string): string => `\`${text}\``;

function commandLine(): string {
  // It parses nothing here, so there is nothing that it could do.
  const program = buildProgram({} as Shell);
  const all = (command: Command, before: string): { name: string; command: Command }[] =>
    command.commands
      .filter((each) => each.name() !== 'help')
      .flatMap((each) => {
        const name = `${before} ${each.name()}`;
        // Some commands only hold others.
        const own = each.commands.length === 0 || each.description() !== '' ? [{ name, command: each }] : [];
        return [...own, ...all(each, name)];
      });
  const options = (command: Command) =>
    command.options.map(({ flags, description, defaultValue }) => [
      code(flags),
      description +
        (defaultValue === undefined || defaultValue === false ? '' : ` (else ${String(defaultValue)})`),
    ]);
  const sections = all(program, 'postrider').map(({ name, command }) => {
    const given = command.registeredArguments.map((each) =>
      each.required ? `<${each.name()}${each.variadic ? '...' : ''}>` : `[${each.name()}]`,
    );
    const own = options(command);
    return [
      `## ${name.replace('postrider ', '')}`,
      code([name, ...given].join(' ')),
      sentence(command.description()),
      ...(own.length === 0 ? [] : [table(['option', ''], own)]),
    ].join('\n\n');
  });
  return page(
    'The command line',
    'Every command takes these options. With `--json` there is one document on standard output and nothing else. Exit codes: 0 done, 1 failed, 2 bad input or configuration, 3 stopped by a brake.',
    table(['option', ''], options(program)),
    ...sections,
  );
}

function environment(): string {
  const rows = environmentVariables().map(({ name, means, standard }) => [
    code(name),
    standard === undefined ? '–' : code(standard),
    means,
  ]);
  rows.push(
    [code('POSTRIDER_DEBUG'), '–', '`1` shows where an error happened.'],
    [code('NO_COLOR'), '–', 'No colours.'],
  );
  return page(
    'The environment',
    'A variable that is set to nothing counts as absent. A wrong one is named (`bad_environment`), and its value is not shown. [Configuration](../configuration.md) says more of some.',
    table(['variable', 'otherwise', 'what for'], rows),
  );
}

async function api(): Promise<string> {
  const { paths } = await apiDocument();
  const routes = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => ({ path, method: method.toUpperCase(), ...route })),
  );
  const tags = [...new Set(routes.map(({ tags: [tag = ''] = [] }) => tag))];
  return page(
    'The API',
    'Every route, with the permission that it needs. What each takes and answers is in the OpenAPI document at `/docs/json`, shown at `/docs`. [The server](../server.md#the-api) says how errors, edits and work that takes its time are told.',
    ...tags.map((tag) => {
      const rows = routes
        .filter((route) => route.tags?.[0] === tag)
        .map(({ method, path, summary, description }) => [
          code(`${method} ${path}`),
          /`([^`]+)`/.exec(description ?? '')?.[1] ?? '–',
          summary ?? '',
        ]);
      return `## ${tag}\n\n${table(['route', 'needs', ''], rows)}`;
    }),
  );
}

async function metrics(): Promise<string> {
  const text = await openMetrics({ taskCounts: () => Promise.resolve([]) }).text();
  const rows = [...text.matchAll(/^# HELP (\S+) (.*)\n# TYPE \S+ (\S+)$/gm)].map(
    ([, name = '', help = '', type = '']) => [code(name), type, help],
  );
  return page(
    'Metrics',
    '`GET /metrics` in the form of Prometheus, with a token that has `look`. Nobody’s data are in it.',
    table(['name', 'type', ''], rows),
  );
}

interface Schema {
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: Schema | boolean;
  items?: Schema;
  oneOf?: Schema[];
  anyOf?: Schema[];
  const?: unknown;
  enum?: unknown[];
  default?: unknown;
  $ref?: string;
}

/** Every key that a file may have, by its path. */
function workspaceFile(): string {
  const { properties = {} } = workspaceJsonSchema() as Schema;
  const sections = Object.entries(properties)
    .filter(([name]) => name !== '$schema')
    .map(([name, schema]) => {
      const rows: Rows = new Map();
      walk(schema, name, rows);
      const text = sentence(schema.description ?? '');
      const shown = [...rows].map(([path, { values, texts }]) => [
        code(path),
        [...values].join(' or '),
        [...texts].join(' '),
      ]);
      return [`## ${name}`, ...(text === '' ? [] : [text]), table(['key', 'value', 'what for'], shown)].join(
        '\n\n',
      );
    });
  return page(
    'The workspace file',
    'Every key, by its path: `NAME` stands for a name of yours, `[]` for the entries of a list. Rules of segments are in [their own page](../segment-rules.md). [The workspace file](../workspace-file.md) explains it with examples; editors read `docs/workspace.schema.json`.',
    ...sections,
  );
}

/** By path: what may stand there, and what it is for, each said once. */
type Rows = Map<string, { values: Set<string>; texts: Set<string> }>;

function walk(schema: Schema, path: string, rows: Rows): void {
  const branches = schema.oneOf ?? schema.anyOf;
  note(schema, path, rows);
  // Rules stand in each other without end, and have a page of their own.
  if (schema.$ref !== undefined) return;
  for (const branch of branches ?? []) walk(branch, path, rows);
  for (const [name, inner] of Object.entries(schema.properties ?? {})) walk(inner, `${path}.${name}`, rows);
  if (typeof schema.additionalProperties === 'object')
    walk(schema.additionalProperties, `${path}.NAME`, rows);
  if (schema.items !== undefined && hasKeys(schema.items)) walk(schema.items, `${path}[]`, rows);
}

function hasKeys({ properties, oneOf, anyOf }: Schema): boolean {
  return properties !== undefined || [...(oneOf ?? []), ...(anyOf ?? [])].some(hasKeys);
}

function note(schema: Schema, path: string, rows: Rows): void {
  const row = rows.get(path) ?? { values: new Set(), texts: new Set() };
  rows.set(path, row);
  const value = schema.$ref === undefined ? valueOf(schema) : 'rules';
  if (value !== '') row.values.add(value);
  const text = sentence(schema.description ?? '');
  if (text !== '') row.texts.add(text);
  if (schema.default !== undefined && !isEmpty(schema.default))
    row.texts.add(`Else ${code(JSON.stringify(schema.default))}.`);
}

const isEmpty = (value: unknown): boolean => typeof value === 'object' && JSON.stringify(value).length === 2;

function valueOf({
  const: only,
  enum: some,
  type,
  oneOf,
  anyOf,
  properties,
  items,
  additionalProperties,
}: Schema): string {
  if (only !== undefined) return code(JSON.stringify(only));
  if (some !== undefined) return some.map((each) => code(String(each))).join(' ');
  if (oneOf !== undefined || anyOf !== undefined) return '';
  if (properties !== undefined || additionalProperties !== undefined) return 'keys';
  if (items !== undefined) return 'list';
  return [type ?? ''].flat().join(' ').replace('string', 'text');
}

/** With a capital letter and a full stop. */
function sentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  return trimmed.charAt(0).toUpperCase() + trimmed.slice(1) + (/[.!?:]$/.test(trimmed) ? '' : '.');
}
