import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { importCycles, importProblems } from './import-rule.ts';
import { readImports } from './read-imports.ts';

describe('imports of src/', () => {
  const imports = readImports(join(import.meta.dirname, '../src'));

  it('point upstream only', () => {
    expect(imports.length).toBeGreaterThan(100);
    expect(importProblems(imports)).toEqual([]);
  });

  it('go in no ring', () => {
    expect(importCycles(imports)).toEqual([]);
  });
});

describe('imports of web/', () => {
  it('stay there: the page knows the server by its API alone', () => {
    const folder = join(import.meta.dirname, '../web/src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
      /\.tsx?$/.test(file),
    );
    expect(files.length).toBeGreaterThan(30);
    const strays = files.flatMap((file) => {
      const text = readFileSync(join(folder, file), 'utf8');
      return [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)]
        .map(([, to = '']) => join(dirname(file), to))
        .filter((to) => to.startsWith('..'))
        .map((to) => `${file} imports ${to}`);
    });
    expect(strays).toEqual([]);
  });
});

describe('the rule itself', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'postrider-imports-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  function problemsOf(file: string, text: string): string[] {
    write(file, text);
    return importProblems(readImports(folder));
  }

  it.each([
    { file: 'segments/a.ts', text: "import { x } from '../unify/b.ts';" },
    {
      file: 'segments/a.ts',
      text: "import { x } from './b.ts'; import { readFile } from 'node:fs'; import { z } from 'zod';",
    },
    { file: 'store/a.ts', text: "import { Kysely } from 'kysely';" },
    { file: 'delivery/mailchimp/a.ts', text: "import type { Plan } from '../../exports/plan.ts';" },
    { file: 'delivery/a.ts', text: "import { type Plan, type Chunk } from '../exports/plan.ts';" },
    { file: 'delivery/a.test.ts', text: "import { openSandbox } from '../sandbox/b.ts';" },
    { file: 'delivery/test-support/a.ts', text: "import { openSandbox } from '../../sandbox/b.ts';" },
    { file: 'app.ts', text: "import { x } from './workspace/b.ts'; export * from './pipeline/c.ts';" },
    {
      file: 'cli/a.ts',
      text: "import { openApp } from '../app.ts'; import type { RunHeader } from '../store/run-headers.ts';",
    },
    {
      file: 'base/a.ts',
      text: "const text = \"import { x } from '../unify/b.ts'\"; // import '../cli/c.ts'",
    },
  ])('lets $file say $text', ({ file, text }) => {
    expect(problemsOf(file, text)).toEqual([]);
  });

  it.each([
    {
      file: 'unify/a.ts',
      text: "import { x } from '../exports/b.ts';",
      says: /must not import.*take the value as an argument/,
    },
    { file: 'unify/a.ts', text: "import type { X } from '../exports/b.ts';", says: /must not import/ },
    { file: 'unify/a.ts', text: "export { x } from '../exports/b.ts';", says: /must not import/ },
    { file: 'unify/a.ts', text: "let x: import('../exports/b.ts').X;", says: /must not import/ },
    { file: 'unify/a.ts', text: "const x = await import('../exports/b.ts');", says: /must not import/ },
    {
      file: 'unify/a.ts',
      text: "import '../connections/b.ts';",
      says: /it may use base, engine, store, sources/,
    },
    { file: 'base/a.ts', text: "import { x } from '../engine/b.ts';", says: /it may use nothing of ours/ },
    { file: 'sandbox/a.ts', text: "import { hash } from '../delivery/b.ts';", says: /sandbox must not/ },
    { file: 'delivery/a.ts', text: "import { x } from '../exports/plan.ts';", says: /Write "import type"/ },
    {
      file: 'delivery/a.ts',
      text: "import { x, type Y } from '../exports/plan.ts';",
      says: /Write "import type"/,
    },
    { file: 'cli/a.ts', text: "import type { Engine } from '../engine/engine.ts';", says: /cli must not/ },
    { file: 'cli/a.ts', text: "import { x } from '../server/b.ts';", says: /cli must not/ },
    {
      file: 'exports/a.ts',
      text: "import { DuckDBInstance } from '@duckdb/node-api';",
      says: /used in engine only/,
    },
    { file: 'unify/a.ts', text: "import { x } from './b.test.ts';", says: /is for tests/ },
    { file: 'unify/a.ts', text: "import { x } from '../../test/b.ts';", says: /outside/ },
    { file: 'newcomer/a.ts', text: "import { z } from 'zod';", says: /has no line in test\/import-table.ts/ },
  ])('stops $file from saying $text', ({ file, text, says }) => {
    expect(problemsOf(file, text)).toEqual([expect.stringMatching(says)]);
  });

  it('names the line', () => {
    expect(problemsOf('base/a.ts', "import 'zod';\n\nimport '../cli/b.ts';")[0]).toMatch(
      /^src\/base\/a\.ts:3: /,
    );
  });

  it('finds rings of any length, once each', () => {
    write('unify/a.ts', "import './b.ts';");
    write('unify/b.ts', "import { x } from './c.ts';");
    write('unify/c.ts', "import './a.ts'; import './d.ts';");
    write('unify/d.ts', "import type { X } from './a.ts';");
    expect(importCycles(readImports(folder))).toEqual(['unify/a.ts → unify/b.ts → unify/c.ts → unify/a.ts']);
  });

  function write(file: string, text: string): void {
    mkdirSync(join(folder, dirname(file)), { recursive: true });
    writeFileSync(join(folder, file), text);
  }
});
