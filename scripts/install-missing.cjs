/*
 * Runs before every command of package.json: makes a fresh clone usable without a step to remember, and is
 * gone in a few milliseconds when nothing is missing. The one file that the machine's own Node runs, so it is
 * written for Node 12; Node 24 comes with the packages on Linux x64.
 */
'use strict';

const { spawn } = require('child_process');
const { createHash } = require('crypto');
const fs = require('fs');
const { tmpdir } = require('os');
const { join } = require('path');

const root = join(__dirname, '..');
const modules = join(root, 'node_modules');
const bundledNode = join(modules, '.bin', 'node');
const checkout = createHash('sha256').update(root).digest('hex').slice(0, 16);
const lock = join(tmpdir(), `postrider-install-${checkout}.lock`);

main().catch((error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

async function main() {
  if (!isInstalled()) await withLock(install);
  checkNode();
  if (!hasTemplate()) await withLock(prepareTemplate);
  if (!isPageBuilt()) await withLock(buildPage);
}

/** Whether npm's record of what it has installed agrees with the lock file, in content, package by package. */
function isInstalled() {
  const installed = readJson(join(modules, '.package-lock.json'));
  if (installed === undefined) return false;
  const wanted = Object.entries(readJson(join(root, 'package-lock.json')).packages);
  return wanted.every(([name, entry]) => {
    if (name === '') return true;
    const there = installed.packages[name];
    // Optional packages may be those of other systems. Node is one as well, and checkNode looks for it.
    return there === undefined ? entry.optional === true : there.integrity === entry.integrity;
  });
}

async function install() {
  if (isInstalled()) return;
  process.stderr.write('Installing what is missing (once, about a minute)…\n');
  // Errors only: the packages want Node 24, and npm on an older one would warn of every second of them.
  const options = ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--engine-strict=false'];
  options.push('--include=dev', '--include=optional');
  // No package of ours needs to run anything to be installed (test/supply-chain.test.ts).
  options.push('--ignore-scripts');
  const self = process.env.npm_execpath || '';
  const code = /npm-cli\.c?js$/.test(self)
    ? await run(process.execPath, [self, ...options], { stdio: ['ignore', 'ignore', 'inherit'] })
    : await run('npm', options, {
        stdio: ['ignore', 'ignore', 'inherit'],
        shell: process.platform === 'win32',
      });
  if (code !== 0)
    throw new Error(
      'npm ci failed; what it says is above. Run the same command again when that is put right.',
    );
}

function checkNode() {
  if (fs.existsSync(bundledNode) || Number(process.versions.node.split('.')[0]) >= 24) return;
  throw new Error(
    `Postrider needs Node 24 or newer; this is ${process.version}. On Linux x64 it comes with the packages;` +
      ' here, install it from https://nodejs.org (or with "nvm install 24") and run the same command again.',
  );
}

/** What src/store/embedded-template.ts makes, where it makes it. */
function hasTemplate() {
  const { version } = readJson(join(modules, '@electric-sql', 'pglite', 'package.json'));
  return fs.existsSync(join(modules, '.cache', 'postrider', `pglite-${version}`));
}

/** Saves the first start the seconds of making it. When it fails here, the first start says why. */
async function prepareTemplate() {
  if (hasTemplate()) return;
  const node = fs.existsSync(bundledNode) ? bundledNode : process.execPath;
  await run(node, [join(__dirname, 'prepare-template.ts')], { stdio: 'ignore' });
}

/** Whether the web page that is served is made of the files, and the packages, as they are. */
function isPageBuilt() {
  const built = modifiedAt(join(root, 'web', 'dist', 'index.html'));
  return built > newestIn(join(root, 'web')) && built > modifiedAt(join(modules, '.package-lock.json'));
}

async function buildPage() {
  if (isPageBuilt()) return;
  process.stderr.write('Building the web page (a few seconds)…\n');
  const node = fs.existsSync(bundledNode) ? bundledNode : process.execPath;
  const vite = join(modules, 'vite', 'bin', 'vite.js');
  const code = await run(node, [vite, 'build', 'web', '--logLevel', 'error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    // Whoever runs tests says "test", and would be given React's own checks, twice as large.
    env: Object.assign({}, process.env, { NODE_ENV: 'production' }),
  });
  // Everything but the page works without it, and the server says how to get it.
  if (code !== 0) process.stderr.write('The web page could not be built; what it says is above.\n');
}

function newestIn(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).reduce((newest, entry) => {
    if (entry.name === 'dist' || entry.name === 'node_modules') return newest;
    const path = join(folder, entry.name);
    return Math.max(newest, entry.isDirectory() ? newestIn(path) : modifiedAt(path));
  }, 0);
}

function modifiedAt(path) {
  try {
    return fs.statSync(path).mtimeMs;
  } catch {
    return 0;
  }
}

/**
 * Runs a program while we have the lock, and puts its process id there: when we are killed, it works on, and
 * the next one must wait for it.
 * @returns its exit code, null when it was ended by a signal
 */
function run(program, options, settings) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, options, Object.assign({ cwd: root }, settings));
    child.on('error', reject);
    child.on('exit', resolve);
    if (child.pid !== undefined) fs.writeFileSync(lock, String(child.pid));
  });
}

/** One at a time in this checkout: npm ci begins by deleting node_modules. */
async function withLock(work) {
  while (!(await takeLock())) await sleep(200);
  try {
    await work();
  } finally {
    remove(lock);
  }
}

async function takeLock() {
  try {
    fs.writeFileSync(lock, String(process.pid), { flag: 'wx' });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
    if (isAbandoned()) remove(lock);
    return false;
  }
  // Somebody who found a dead holder here may be about to remove the file, and mean that one.
  await sleep(50);
  return holder() === process.pid;
}

function isAbandoned() {
  try {
    // 0: it is gone by now, or its number will be written a moment after the file appears.
    if (holder() === 0) return Date.now() - fs.statSync(lock).mtimeMs > 10000;
    process.kill(holder(), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}

function holder() {
  try {
    return Number(fs.readFileSync(lock, 'utf8'));
  } catch {
    return 0;
  }
}

function remove(file) {
  try {
    fs.unlinkSync(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

function sleep(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
