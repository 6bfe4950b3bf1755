import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };

/** A command that ran to its end. */
export interface Finished<Document> {
  /** What it printed under `--json`. */
  document: Document;
  /** From its start to its end, the process included. */
  seconds: number;
  /** Undefined where the system has no /proc. */
  used: Used | undefined;
}

/** What a process took of the machine. */
export interface Used {
  /** The most memory it ever held. */
  peakBytes: number;
  /** Of all its threads; unlike the time it took, hardly touched by what else runs on the machine. */
  cpuSeconds: number;
}

export interface CommandPlace {
  data: string;
  env: Readonly<Record<string, string>>;
}

// As `npm run postrider` starts it, without the time that npm takes.
export const [, ...command] = manifest.scripts.postrider.split(' ');
export const checkout = fileURLToPath(new URL('..', import.meta.url));

/** Runs `postrider ARGS --json` as a user would, in a process of its own. Rejects when it fails. */
export async function postrider<Document>(
  args: readonly string[],
  { data, env }: CommandPlace,
): Promise<Finished<Document>> {
  const began = performance.now();
  const child = spawn(process.execPath, [...command, '--data', data, '--json', ...args], {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let used: Used | undefined;
  const watch = setInterval(() => {
    void usedBy(child.pid).then((now) => (used = now ?? used));
  }, 50);
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), buffer(child.stderr)]);
  clearInterval(watch);
  if (code !== 0) {
    throw new Error(`postrider ${args.join(' ')} ended with ${code}: ${output}${errors.toString()}`);
  }
  const seconds = (performance.now() - began) / 1000;
  return { document: JSON.parse(output) as Document, seconds, used };
}

/** Clock ticks of /proc, which Linux gives to programs as hundredths on every machine. */
const ticksPerSecond = 100;

/** Both only ever grow, so the last look before the end is as good as one at the end. */
async function usedBy(pid: number | undefined): Promise<Used | undefined> {
  try {
    const [status, stat] = await Promise.all([
      readFile(`/proc/${pid}/status`, 'utf8'),
      readFile(`/proc/${pid}/stat`, 'utf8'),
    ]);
    const kilobytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1];
    // A process that has ended and was not yet waited for has no memory any more.
    if (kilobytes === undefined) return undefined;
    // Counted after the program's name, which may hold blanks: the 12th and 13th are user and system time.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { peakBytes: Number(kilobytes) * 1024, cpuSeconds: ticks / ticksPerSecond };
  } catch {
    return undefined;
  }
}
