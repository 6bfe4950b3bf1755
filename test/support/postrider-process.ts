import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const main = resolve(import.meta.dirname, '../../src/cli/main.ts');
// Some forty starts of the same program: compiled once, kept where installs are kept.
const compileCache = resolve(import.meta.dirname, '../../node_modules/.cache/postrider-test');

/** How a command ended. */
export interface Ended {
  args: readonly string[];
  /** Null when a signal ended it. */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** The real command line, each command a process of its own, all on one data folder. */
export class Postrider {
  /** Everything that ended so far, for questions about all that was ever printed. */
  readonly ended: Ended[] = [];
  readonly #data: string;
  readonly #env: Readonly<Record<string, string | undefined>>;

  /** @param env what the commands see beside the bare system; `undefined` takes a variable away */
  constructor(data: string, env: Readonly<Record<string, string | undefined>> = {}) {
    this.#data = data;
    this.#env = env;
  }

  start(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): RunningCommand {
    const { PATH, HOME, TMPDIR } = process.env;
    const variables = {
      PATH,
      HOME,
      TMPDIR,
      NO_COLOR: '1',
      NODE_COMPILE_CACHE: compileCache,
      POSTRIDER_DATA: this.#data,
      ...this.#env,
      ...env,
    };
    const child = spawn(process.execPath, [main, ...args], {
      env: Object.fromEntries(Object.entries(variables).filter(([, value]) => value !== undefined)),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new RunningCommand(child, args, (ended) => this.ended.push(ended));
  }

  run(args: readonly string[], env: Readonly<Record<string, string | undefined>> = {}): Promise<Ended> {
    return this.start(args, env).end;
  }

  /** Runs a command that must succeed. */
  async do(...args: readonly string[]): Promise<Ended> {
    const ended = await this.run(args);
    if (ended.code === 0) return ended;
    throw new Error(`postrider ${args.join(' ')} ended with ${ended.code}:\n${ended.stderr}${ended.stdout}`);
  }

  /** Runs a command that must succeed with `--json`; the document it printed. */
  async json<Document>(...args: readonly string[]): Promise<Document> {
    return documentOf(await this.do(...args, '--json'));
  }
}

/** A command that has not ended, or may not have. */
export class RunningCommand {
  readonly end: Promise<Ended>;
  /** So far. */
  stdout = '';
  stderr = '';
  readonly #child: ChildProcess;

  constructor(child: ChildProcess, args: readonly string[], ended: (how: Ended) => void) {
    this.#child = child;
    this.end = this.#wait(args, ended);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Resolves when it has printed the text; rejects with what it printed where it ends without. */
  async untilSays(text: string): Promise<void> {
    let over = false;
    const end = this.end.then(() => (over = true));
    while (!this.stdout.includes(text) && !this.stderr.includes(text)) {
      if (over) throw new Error(`ended without saying "${text}":\n${this.stdout}${this.stderr}`);
      await Promise.race([end, sleep(50)]);
    }
  }

  /** Ends it like a power cut: nothing is tidied up. */
  async kill(): Promise<Ended> {
    this.#child.kill('SIGKILL');
    return this.end;
  }

  /** As a service manager asks it to end. */
  terminate(): void {
    this.#child.kill('SIGTERM');
  }

  /** As a machine that is busy with something else lets it stand, and go on. */
  pause(): void {
    this.#child.kill('SIGSTOP');
  }

  goOn(): void {
    this.#child.kill('SIGCONT');
  }

  /** Nobody reads its standard output any more. */
  closeOutput(): void {
    this.#child.stdout?.destroy();
  }

  interrupt(): void {
    this.#child.kill('SIGINT');
  }

  async #wait(args: readonly string[], ended: (how: Ended) => void): Promise<Ended> {
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#child[stream]?.setEncoding('utf8').on('data', (text: string) => (this[stream] += text));
    }
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, NodeJS.Signals | null];
    const { stdout, stderr } = this;
    const how = { args, code, signal, stdout, stderr };
    ended(how);
    return how;
  }
}

/** Standard output as the one JSON document it must be, and nothing else. */
export function documentOf<Document>(ended: Ended): Document {
  const lines = ended.stdout.trimEnd().split('\n');
  if (lines.length !== 1)
    throw new Error(`expected one document, got ${lines.length} lines: ${ended.stdout}`);
  return JSON.parse(ended.stdout) as Document;
}
