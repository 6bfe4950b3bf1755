import { once } from 'node:events';
import { resolve } from 'node:path';
import { userInfo } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { openApp, type Actions, type App } from '../app.ts';
import { readConfig, type Config } from '../base/config.ts';
import { cancelled, PostriderError } from '../base/errors.ts';
import { actionsOfServer, serverAnswers } from '../server/call-server.ts';
import { readDoor } from '../server/door-file.ts';
import { exitCodes, type ExitCode } from './exit-codes.ts';
import { terminalProgress, type ShownProgress } from './terminal-progress.ts';

/** So often a process that stands by looks whether its turn has come. */
const standbyMs = 500;

/** Whoever read a long result has seen enough: nothing failed. */
export class ReaderGone extends Error {}

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
  #app: Actions | undefined;
  #set: Partial<Config> = {};
  #close: (() => Promise<void>) | undefined;
  #readerIsGone = false;

  constructor() {
    const stop = () => {
      this.say('Stopping: what is in flight ends and is recorded. Press Ctrl-C again to end at once.');
      this.cancel.abort(cancelled());
    };
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    // As of `head`, which has seen enough.
    process.stdout.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error;
      this.#readerIsGone = true;
    });
  }

  config(): Config {
    const config = { ...readConfig(process.env), ...this.#set };
    return this.dataFolder === undefined ? config : { ...config, dataFolder: resolve(this.dataFolder) };
  }

  /** An option goes before what the environment says. */
  set(part: Partial<Config>): void {
    this.#set = { ...this.#set, ...part };
  }

  /** What can be done with the data folder: here, or by the server that has it. */
  async app(): Promise<Actions> {
    this.#app ??= await this.#openOrAsk();
    return this.#app;
  }

  /** The application in this process, for what stays and listens. @throws `data_in_use` */
  async ownApp(): Promise<App> {
    const app = await openApp({
      config: this.config(),
      progress: this.progress,
      ...(this.user === undefined ? {} : { user: this.user }),
    });
    this.#close = () => app.close();
    this.#app = app;
    return app;
  }

  /**
   * As `ownApp`, in its turn: waits for as long as another process has the data folder or the database.
   * @returns undefined where it is stopped before its turn has come
   */
  async ownAppInTurn(): Promise<App | undefined> {
    for (let told = false; ; told = true) {
      try {
        return await this.ownApp();
      } catch (error) {
        const waits = error instanceof PostriderError && /^(data|database)_in_use$/.test(error.code);
        if (!waits) throw error;
        if (!told) this.say(`Standing by. ${error.message}`);
      }
      const { signal } = this.cancel;
      await sleep(standbyMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return undefined;
    }
  }

  async #openOrAsk(): Promise<Actions> {
    try {
      return await this.ownApp();
    } catch (error) {
      if (!(error instanceof PostriderError) || error.code !== 'data_in_use') throw error;
      const door = readDoor(this.config().dataFolder);
      if (door === undefined || !(await serverAnswers(door))) throw error;
      const by = this.user ?? userInfo().username;
      return actionsOfServer(door, { by, progress: this.progress, env: process.env });
    }
  }

  /**
   * A result, on standard output; waits where the reader is slow.
   * @throws ReaderGone where nobody reads it any more
   */
  async printPage(text: string): Promise<void> {
    this.progress.clear();
    if (!this.#readerIsGone && !process.stdout.write(text))
      await once(process.stdout, 'drain').catch(() => undefined);
    if (this.#readerIsGone) throw new ReaderGone();
  }

  /** A result's line, on standard output. */
  print(line: string): void {
    // A bar that is still shown would share its line with the result.
    this.progress.clear();
    if (!this.#readerIsGone) process.stdout.write(`${line}\n`);
  }

  /** A result: with `--json` as one document, else in words. */
  show(value: unknown, text: () => string): void {
    this.print(this.json ? JSON.stringify(value) : text());
  }

  /** A message for a person, on standard error. */
  say(line: string): void {
    this.progress.clear();
    process.stderr.write(`${line}\n`);
  }

  async close(): Promise<void> {
    this.progress.clear();
    await this.#close?.();
  }
}
