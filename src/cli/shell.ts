import { once } from 'node:events';
import { resolve } from 'node:path';
import { openApp, type App } from '../app.ts';
import { readConfig, type Config } from '../base/config.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { terminalProgress, type ShownProgress } from './terminal-progress.ts';

/**
 * What commands have of the world: results go to standard output, everything said on the way to standard
 * error, and one application that is opened when a command needs it.
 */
export class Shell {
  json = false;
  dataFolder: string | undefined;
  user: string | undefined;
  exitCode: ExitCode = exitCodes.done;
  /** Aborted by the first Ctrl-C: no new request starts, what is in flight ends and is recorded. */
  readonly cancel = new AbortController();
  readonly progress: ShownProgress = terminalProgress(process.stderr);
  #app: App | undefined;

  constructor() {
    const stop = () => {
      this.say('Stopping: what is in flight ends and is recorded. Press Ctrl-C again to end at once.');
      this.cancel.abort(new Error('cancelled'));
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
  }

  config(): Config {
    const config = readConfig(process.env);
    return this.dataFolder === undefined ? config : { ...config, dataFolder: resolve(this.dataFolder) };
  }

  async app(): Promise<App> {
    this.#app ??= await openApp({
      config: this.config(),
      progress: this.progress,
      ...(this.user === undefined ? {} : { user: this.user }),
    });
    return this.#app;
  }

  /** A result, on standard output; waits where the reader is slow. */
  async printPage(text: string): Promise<void> {
    this.progress.clear();
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }

  /** A result's line, on standard output. */
  print(line: string): void {
    // A bar that is still shown would share its line with the result.
    this.progress.clear();
    process.stdout.write(`${line}\n`);
  }

  /** A message for a person, on standard error. */
  say(line: string): void {
    this.progress.clear();
    process.stderr.write(`${line}\n`);
  }

  async close(): Promise<void> {
    this.progress.clear();
    await this.#app?.close();
  }
}
