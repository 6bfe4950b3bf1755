import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { knownKeysAt, workspaceJsonSchema, type JsonSchema } from './workspace-schema.ts';

const root = new URL('../../', import.meta.url);
const published = new URL('docs/workspace.schema.json', root);

function validator(): ValidateFunction {
  const ajv = new Ajv2020({ strict: false, allErrors: true });
  formats.default(ajv);
  return ajv.compile(workspaceJsonSchema());
}

describe('the JSON Schema of the workspace file', () => {
  const validate = validator();
  const files = globSync(['sample/*.yaml', 'examples/**/*.yaml'], { cwd: fileURLToPath(root) });

  it('has files to be tried on', () => {
    expect(files).toContain('sample/workspace.yaml');
    expect(files.length).toBeGreaterThan(1);
  });

  it.each(files)('accepts %s', (file) => {
    validate(parse(readFileSync(new URL(file, root), 'utf8')));
    expect(validate.errors).toBeNull();
  });

  const sample = readFileSync(new URL('sample/workspace.yaml', root), 'utf8');
  it.each([
    { of: 'a typo at the top', from: 'relationships:', to: 'relationship:' },
    { of: 'a typo in an export', from: 'newContacts: subscribed', to: 'newContact: subscribed' },
    { of: 'a typo in limits', from: 'leavers: 10%', to: 'leaver: 10%' },
    { of: 'a typo in a source', from: 'path: crm.csv', to: 'pth: crm.csv' },
    { of: 'a typo in a rule', from: 'ignoreCase: true', to: 'ignorCase: true' },
    { of: 'a choice that is none', from: 'leavers: untag', to: 'leavers: delete' },
    { of: 'an audience that is a number', from: "audience: 'abc123def4'", to: 'audience: 123' },
    { of: 'a time of day that is none', from: "'06:00'", to: "'6:00'" },
    { of: 'another version', from: 'version: 1', to: 'version: 2' },
  ])('rejects $of', ({ from, to }) => {
    expect(sample).toContain(from);
    expect(validate(parse(sample.replace(from, to)))).toBe(false);
  });

  it('explains every key', () => {
    const silent: string[] = [];
    const seen = new Set<JsonSchema>();
    const explained = (of: JsonSchema): boolean => of.description !== undefined || of.$ref !== undefined;
    const walk = (of: JsonSchema, path: string): void => {
      if (seen.has(of)) return;
      seen.add(of);
      for (const [key, value] of Object.entries(of.properties ?? {})) {
        if (!explained(value)) silent.push(`${path}.${key}`);
        walk(value, `${path}.${key}`);
      }
      if (typeof of.additionalProperties === 'object') walk(of.additionalProperties, `${path}.*`);
      if (of.items !== undefined) walk(of.items, `${path}[]`);
      for (const branch of [...(of.anyOf ?? []), ...(of.oneOf ?? [])]) walk(branch, path);
      for (const [name, definition] of Object.entries(of.$defs ?? {})) walk(definition, `${path}#${name}`);
    };
    walk(workspaceJsonSchema(), '');
    expect(silent).toEqual([]);
  });

  it('is the one that is published', () => {
    expect(existsSync(published), 'docs/workspace.schema.json is missing: node scripts/write-schema.ts').toBe(
      true,
    );
    expect(
      JSON.parse(readFileSync(published, 'utf8')),
      'docs/workspace.schema.json is old: node scripts/write-schema.ts',
    ).toEqual(JSON.parse(JSON.stringify(workspaceJsonSchema())));
  });
});

describe('knownKeysAt', () => {
  it.each<[(string | number)[], string[]]>([
    [[], ['sources', 'exports', 'doNotSend']],
    [
      ['sources', 'crm'],
      ['type', 'path', 'key', 'delimiter'],
    ],
    [
      ['exports', 'news', 'limits'],
      ['leavers', 'newContacts', 'people', 'contract'],
    ],
    [
      ['unify', 'sources', 3, 'deduplicate', 0],
      ['name', 'fields', 'unless'],
    ],
    [
      ['segments', 'all', 'rules', 'rules', 0, 'rules', 5],
      ['field', 'operator', 'value', 'combinator'],
    ],
  ])('knows of %j', (path, keys) => {
    expect(knownKeysAt(path)).toEqual(expect.arrayContaining(keys));
  });

  it.each([[['nowhere']], [['exports', 'news', 'audience']], [[0]]])('knows nothing of %j', (path) => {
    expect(knownKeysAt(path)).toEqual([]);
  });
});
