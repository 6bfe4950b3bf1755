import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { runDocument } from '../src/cli/present-run.ts';
import { writePeopleFiles, writePeopleWorkspace } from './people-files.ts';
import { postrider, type CommandPlace, type Finished } from './postrider-process.ts';
import { startSandboxProcess, type SandboxProcess } from './sandbox-process.ts';

export type RunDocument = ReturnType<typeof runDocument>;

/** What an audience is for; each of these has an export of its own name. */
const exported = ['whole', 'far', 'near'] as const;
/** Audiences of other clients. */
const looped = ['bareFar', 'sdkFar', 'bareNear', 'sdkNear'] as const;
export type ExportName = (typeof exported)[number];
export type AudienceName = ExportName | (typeof looped)[number];

/** How long the stages took that make profiles of files, in seconds. */
export interface Unified {
  reading: number;
  /** Unifying and segments, without the reading. */
  unifying: number;
}

/**
 * What the benchmarks share, made when first asked for: a folder of people, unified once, and a sandbox Mailchimp.
 * What it does itself is done by `postrider` as a child process.
 */
export class Line {
  readonly people: number;
  readonly say: (text: string) => void;
  readonly #folder: string;
  #sandbox: Promise<SandboxProcess> | undefined;
  #unified: Promise<Unified> | undefined;
  #firstRun: Promise<Finished<RunDocument>> | undefined;

  private constructor(people: number, folder: string, say: (text: string) => void) {
    this.people = people;
    this.say = say;
    this.#folder = folder;
  }

  static async open(people: number, say: (text: string) => void): Promise<Line> {
    return new Line(people, await mkdtemp(join(tmpdir(), 'postrider-bench-')), say);
  }

  /** An empty folder for a benchmark's own files. */
  async folder(name: string): Promise<string> {
    const path = join(this.#folder, name);
    await mkdir(path, { recursive: true });
    return path;
  }

  sandbox(): Promise<SandboxProcess> {
    this.#sandbox ??= this.#startSandbox();
    return this.#sandbox;
  }

  /** The people read, unified and in their segments. */
  unified(): Promise<Unified> {
    this.#unified ??= this.#unify();
    return this.#unified;
  }

  /** The first run of the export `whole`. */
  firstRun(): Promise<Finished<RunDocument>> {
    this.#firstRun ??= this.#runFirst();
    return this.#firstRun;
  }

  /** Runs a command on the folder of people, against the sandbox. */
  async postrider<Document>(...args: readonly string[]): Promise<Finished<Document>> {
    return postrider(args, await this.place());
  }

  /** Where commands, and a server, find the people and the sandbox. */
  async place(): Promise<CommandPlace> {
    const { apiRoot, apiKey } = await this.sandbox();
    return {
      data: join(this.#folder, 'data'),
      env: { MAILCHIMP_BASE_URL: apiRoot, MAILCHIMP_API_KEY: apiKey, MAILCHIMP_MAX_REQUESTS: '10' },
    };
  }

  /** The same people with one in so many changed, through to the segments. */
  async change(every: number): Promise<void> {
    await writePeopleFiles({ folder: this.#folder, people: this.people, changedEvery: every });
    await this.postrider('refresh', '--until', 'segments');
  }

  async close(): Promise<void> {
    (await this.#sandbox)?.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #startSandbox(): Promise<SandboxProcess> {
    const sandbox = await startSandboxProcess();
    for (const id of [...exported, ...looped]) {
      await sandbox.control.createAudience({
        id,
        name: id,
        mergeFields: [{ tag: 'CITY', name: 'City', type: 'text' }],
      });
    }
    return sandbox;
  }

  async #unify(): Promise<Unified> {
    this.say('writing people, reading and unifying them');
    await writePeopleFiles({ folder: this.#folder, people: this.people });
    await this.postrider('apply', await writePeopleWorkspace(this.#folder, exported));
    const { seconds: reading } = await this.postrider('refresh', '--until', 'sources');
    const { seconds: all } = await this.postrider('refresh', '--until', 'segments');
    return { reading, unifying: all - reading };
  }

  async #runFirst(): Promise<Finished<RunDocument>> {
    await this.unified();
    this.say('first run');
    return this.postrider('run', 'whole');
  }
}
