import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Manifest {
  license?: string;
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const root = new URL('..', import.meta.url);
const manifest = readManifest('package.json');

const sections = [
  ['At run time', manifest.dependencies],
  ['Optional', manifest.optionalDependencies],
  ['For development', manifest.devDependencies],
] as const;

/** A row of a table: package, licence, why. */
const row = /^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$/gm;

describe('docs/dependencies.md', () => {
  const rowsOf = readPage();

  it.each(sections)('lists under "%s" exactly what package.json has, in its order', (title, packages) => {
    expect(rowsOf(title).map(({ name }) => name)).toEqual(Object.keys(packages ?? {}));
  });

  const rows = sections.flatMap(([title]) => rowsOf(title));

  it.each(rows)('says why $name is there', ({ why }) => {
    expect(why.length).toBeGreaterThan(8);
  });

  // Packages for other systems are not installed here.
  const installed = rows.filter(({ name }) => existsSync(new URL(`node_modules/${name}/package.json`, root)));

  it.each(installed)('states the licence of $name', ({ name, licence }) => {
    expect(licence).toBe(readManifest(`node_modules/${name}/package.json`).license);
  });
});

function readPage(): (title: string) => { name: string; licence: string; why: string }[] {
  const parts = readFileSync(new URL('docs/dependencies.md', root), 'utf8').split(/^## /m);
  return (title) => {
    const part = parts.find((text) => text.startsWith(`${title}\n`)) ?? '';
    return [...part.matchAll(row)].map(([, name = '', licence = '', why = '']) => ({ name, licence, why }));
  };
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Manifest;
}
