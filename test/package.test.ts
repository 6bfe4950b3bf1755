import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from './support/free-port.ts';
import { workFolder } from './support/work-folder.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };

/** As on somebody's machine: nothing of this repository, of its settings or of its Node in reach. */
const env = Object.fromEntries(
  Object.entries(process.env)
    .filter(([name]) => !/^(npm_|POSTRIDER_|MAILCHIMP_|NODE_|VITEST|DATABASE_URL)/i.test(name))
    .map(([name, value]) => [
      name,
      name === 'PATH'
        ? value
            ?.split(':')
            .filter((folder) => !folder.includes('node_modules'))
            .join(':')
        : value,
    ]),
);

/** The package as it would be published, installed into an empty folder without what is for development. */
describe('the package', { timeout: 180_000 }, () => {
  let home: string;
  let files: string[];
  const servers: ChildProcess[] = [];

  const inHome = (command: string, ...args: string[]) =>
    execFileSync(command, args, { cwd: home, env, encoding: 'utf8' });
  /** As npm links it. */
  const bin = () => join(home, 'node_modules', '.bin', 'postrider');
  const postrider = (...args: string[]) => inHome(bin(), ...args);

  beforeAll(async () => {
    const folder = await workFolder();
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', folder], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [tarball] = JSON.parse(packed.slice(packed.indexOf('[\n'))) as {
      filename: string;
      files: { path: string }[];
    }[];
    files = tarball?.files.map(({ path }) => path) ?? [];
    home = join(folder, 'somewhere else');
    mkdirSync(home);
    const options = ['--omit=dev', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'];
    inHome('npm', 'install', ...options, join(folder, tarball?.filename ?? ''));
  }, 180_000);
  afterAll(() => servers.forEach((server) => server.kill()));

  it('has the server as JavaScript with its source maps, the page, and no sources or tests', () => {
    expect(files).toEqual(
      expect.arrayContaining([
        'bin/postrider.cjs',
        'dist/src/cli/main.js',
        'dist/src/cli/main.js.map',
        'dist/src/app.d.ts',
        'dist/web/dist/index.html',
        'dist/sample/workspace.yaml',
        'LICENSE',
        'README.md',
      ]),
    );
    expect(files.filter((path) => /\.test\.|test-support|fixture|(?<!\.d)\.tsx?$/.test(path))).toEqual([]);
  });

  it('is installed without what is for development', () => {
    const there = readdirSync(join(home, 'node_modules'));
    expect(there).toContain('fastify');
    for (const tool of ['vite', 'vitest', 'typescript', 'react']) expect(there).not.toContain(tool);
  });

  it('says its version, and shows in an empty folder what it does', () => {
    expect(postrider('--version').trim()).toBe(version);
    const story = inHome('npx', 'postrider', 'demo', '--once', '--people', '300');
    expect(story).toMatch(/^Third run +nothing has changed, nothing is sent$/m);
    // Nothing outlives it.
    expect(readdirSync(home).toSorted()).toEqual(['node_modules', 'package-lock.json', 'package.json']);
  });

  it('keeps to exit codes, and names the place of a mistake', () => {
    writeFileSync(join(home, 'wrong.yaml'), 'version: 1\nsegment: {}\n');
    const failed = (() => {
      try {
        postrider('apply', 'wrong.yaml');
        return undefined;
      } catch (error) {
        return error as { status: number; stderr: string };
      }
    })();
    expect(failed?.status).toBe(2);
    expect(failed?.stderr).toContain('wrong.yaml:2');
  });

  it('serves the page and the API, and ends when it is told to', async () => {
    const port = await freePort();
    const started = spawn(bin(), ['serve', '--quiet', '--port', String(port)], {
      cwd: home,
      env: { ...env, POSTRIDER_DATA: join(home, 'data') },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    servers.push(started);
    await new Promise<void>((resolve, reject) => {
      started.once('exit', (code) => reject(new Error(`ended with ${code}`)));
      started.stdout.on('data', (chunk: Buffer) => {
        if (chunk.includes('become it') || chunk.includes('/owner#')) resolve();
      });
    });
    const address = `http://127.0.0.1:${port}`;
    const page = await fetch(address, { headers: { accept: 'text/html' } });
    expect(page.status).toBe(200);
    const script = /src="(\/assets\/[^"]+\.js)"/.exec(await page.text())?.[1];
    const code = await fetch(address + (script ?? ''));
    expect(code.headers.get('content-type')).toContain('javascript');
    expect((await code.text()).length).toBeGreaterThan(1000);
    expect(await (await fetch(`${address}/readyz`)).json()).toEqual({ ready: true });
    const ended = new Promise((resolve) => {
      started.removeAllListeners('exit');
      started.once('exit', resolve);
    });
    started.kill('SIGTERM');
    await ended;
    await expect(fetch(`${address}/healthz`)).rejects.toThrow();
  });

  it('is a local Mailchimp for the tests of others', () => {
    writeFileSync(
      join(home, 'own.mjs'),
      `import { startSandbox } from 'postrider/sandbox';
       const sandbox = await startSandbox();
       const answer = await fetch(sandbox.apiRoot + '/ping', { headers: { authorization: 'Bearer ' + sandbox.apiKey } });
       console.log(JSON.stringify(await answer.json()));
       await sandbox.close();`,
    );
    const node = process.execPath;
    expect(inHome(node, 'own.mjs')).toContain("Everything's Chimpy!");
  });
});
