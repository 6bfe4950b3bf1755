import { access, constants, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { sourcePlace } from '../sources/source-place.ts';
import { pauseOf, withDestination, type PipelineParts } from './pipeline-parts.ts';
import { groundFor } from './plan-export.ts';

/** One thing that was looked at. */
export interface Finding {
  about: string;
  verdict: 'good' | 'doubtful' | 'bad';
  says: string;
  hint?: string;
}

/**
 * Looks at everything a run depends on, from the disk to Mailchimp, and changes nothing. Each part is looked at
 * even when one before it is bad.
 */
export async function* examine(parts: PipelineParts, dataFolder: string): AsyncIterable<Finding> {
  yield await look('Node', async () => {
    const { version } = process;
    return Number(version.slice(1).split('.')[0]) >= 24
      ? good(version)
      : bad(`${version} is too old`, 'Install Node 24.');
  });
  yield await look('data folder', async () => {
    await access(dataFolder, constants.W_OK);
    const { mode } = await stat(join(dataFolder, 'secret.key')).catch(() => ({ mode: 0o600 }));
    const { bavail, bsize } = await statfs(dataFolder);
    const free = Math.floor((bavail * bsize) / 2 ** 30);
    if ((mode & 0o077) !== 0) return bad('secret.key can be read by others', 'chmod 600 on it.');
    return free < 2
      ? doubtful(`${free} GB free`, 'A million people need about 2 GB.')
      : good(`writable, ${free} GB free`);
  });
  yield* examineSources(parts);
  yield* examineExports(parts);
}

async function* examineSources(parts: PipelineParts): AsyncIterable<Finding> {
  const { settings, engine } = parts;
  if (settings.sources.size === 0)
    yield { about: 'sources', ...doubtful('none yet', 'postrider apply FILE') };
  const loads = new Map((await loadedSources(engine)).map((load) => [load.source, load]));
  for (const [id, config] of settings.sources) {
    yield await look(`source ${id}`, async () => {
      const count = await sourcePlace(settings.folder, config, parts.env);
      const load = loads.get(id);
      if (load === undefined) return doubtful(`${count}, never loaded`, 'postrider refresh --until segments');
      const rejected = load.rejected === 0 ? '' : `, ${load.rejected} rejected`;
      return good(
        `${count}, ${load.rows} rows${rejected}, loaded ${load.loadedAt.slice(0, 16).replace('T', ' ')}`,
      );
    });
  }
}

async function* examineExports(parts: PipelineParts): AsyncIterable<Finding> {
  for (const [id, config] of parts.settings.exports) {
    yield await look(`export ${id}`, async () => {
      const { warnings } = await withDestination(parts, config.connection as ConnectionId, (destination) =>
        groundFor(parts, destination, id, config),
      );
      const paused = await pauseOf(parts, id);
      if (paused !== undefined) return doubtful(`paused: ${paused}`, `postrider resume ${id}`);
      return warnings.length > 0 ? doubtful(warnings.join(' ')) : good('audience, fields and tags fit');
    });
  }
}

type Verdict = Omit<Finding, 'about'>;

async function look(about: string, at: () => Promise<Verdict>): Promise<Finding> {
  try {
    return { about, ...(await at()) };
  } catch (error) {
    return { about, ...bad(messageOf(error), error instanceof PostriderError ? error.hint : undefined) };
  }
}

const good = (says: string): Verdict => ({ verdict: 'good', says });
const doubtful = (says: string, hint?: string): Verdict => verdict('doubtful', says, hint);
const bad = (says: string, hint?: string): Verdict => verdict('bad', says, hint);

function verdict(kind: Finding['verdict'], says: string, hint?: string): Verdict {
  return { verdict: kind, says, ...(hint === undefined ? {} : { hint }) };
}
