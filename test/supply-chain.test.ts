import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  version?: string;
  integrity?: string;
  license?: string;
  dev?: boolean;
}
interface Manifest {
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  scripts?: Record<string, string>;
}

const root = new URL('..', import.meta.url);
const read = <Json>(path: string): Json => JSON.parse(readFileSync(new URL(path, root), 'utf8')) as Json;

const manifest = read<Manifest>('package.json');
const packages = Object.entries(
  read<{ packages: Record<string, Locked> }>('package-lock.json').packages,
).filter(([path]) => path !== '');

/** Packages that may run something of their own while they are installed, each with the reason. */
const mayRunScripts: Readonly<Record<string, string>> = {};

/** Licences that ask for no more than to be named. */
const free = [
  'MIT',
  'MIT-0',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  '(MIT OR CC0-1.0)',
  'MIT AND ISC AND BSD-3-Clause',
];
/** Of tools that nobody is given. */
const forTools = ['MPL-2.0', 'Python-2.0', 'Unlicense', '0BSD'];

describe('what is installed', () => {
  it('is an exact version of each package that we name', () => {
    const named = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies };
    const loose = Object.entries(named).filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
    expect(loose).toEqual([]);
  });

  it('is what the lock file says, by a checksum of each package', () => {
    expect(packages.length).toBeGreaterThan(100);
    expect(packages.filter(([, { integrity }]) => integrity?.startsWith('sha512-') !== true)).toEqual([]);
  });

  it('runs nothing of its own meanwhile, but for packages that are named here', () => {
    const scripted = packages.flatMap(([path]) => {
      const file = `${path}/package.json`;
      // Packages for other systems are not installed here.
      if (!existsSync(new URL(file, root))) return [];
      const { scripts = {} } = read<Manifest>(file);
      const own = ['preinstall', 'install', 'postinstall'].filter((name) => name in scripts);
      return own.length === 0 && !existsSync(new URL(`${path}/binding.gyp`, root)) ? [] : [path];
    });
    expect(scripted).toEqual(Object.keys(mayRunScripts));
  });

  it('may be given on: every licence is one of those that ask for little', () => {
    const others = packages
      .filter(([, { license = '', dev = false }]) => ![...free, ...(dev ? forTools : [])].includes(license))
      .map(([path, { license }]) => `${path}: ${license ?? 'none'}`);
    expect(others).toEqual([]);
  });
});
