import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/*
 * What `npm pack` packs: the server as JavaScript with its source maps, and beside it what it reads at run time, in the
 * places where the sources have it.
 */
const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist);
run(join('typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
// The page is built by what runs before every command of package.json.
for (const part of ['migrations', join('web', 'dist'), join('sample', 'workspace.yaml')])
  cpSync(join(root, part), join(dist, part), { recursive: true });
const { name, version, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
  string,
  string
>;
writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ name, version, type })}\n`);

function run(tool: string, ...args: string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules', tool), ...args], {
    cwd: root,
    stdio: 'inherit',
  });
}
