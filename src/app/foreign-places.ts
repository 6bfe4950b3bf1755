import { resolve, sep } from 'node:path';
import { PostriderError } from '../base/errors.ts';
import { listFilesOf } from '../unify/read-lists.ts';
import type { WorkspaceFile } from '../workspace/workspace-file.ts';
import type { AppGround } from './app-ground.ts';

/**
 * Whoever edits through the network reaches the files that are meant to be read, and no others of the machine; and no
 * addresses that machines in a cloud ask for their own credentials, nor variables that are secrets of ours.
 * @throws `forbidden` / `source_place`
 */
export async function refuseForeignPlaces(
  { config, parts, who }: Pick<AppGround, 'config' | 'parts' | 'who'>,
  file: Pick<WorkspaceFile, 'unify' | 'sources' | 'segments'>,
  id?: string,
): Promise<void> {
  if (who.via === 'local') return;
  const source = id === undefined ? undefined : file.sources[id];
  const segment = id === undefined ? undefined : file.segments[id];
  if (source?.type === 'postgres') refuseAddress(source.url);
  const places = [
    ...(source === undefined || source.type === 'postgres' ? [] : [source.path]),
    ...(source?.type === 'csv' ? [source.changes, source.deletions] : []),
    segment?.members,
    ...(id === undefined && file.unify !== undefined ? listFilesOf(file.unify) : []),
  ].filter((place) => place !== undefined);
  if (places.length === 0) return;

  const { settings } = await parts();
  const uploads = resolve(config.dataFolder, 'uploads');
  const mayBeRead = (path: string) => {
    const full = resolve(settings.folder, path);
    const allowed = [settings.folder, uploads].some((folder) => full.startsWith(`${resolve(folder)}${sep}`));
    const own =
      full.startsWith(`${resolve(config.dataFolder)}${sep}`) && !full.startsWith(`${uploads}${sep}`);
    // Braces of a pattern can hide the way up, so it may stand nowhere in it.
    return allowed && !own && !path.includes('..');
  };
  if (places.every(mayBeRead)) return;
  throw refused(
    'This file is outside of the workspace’s folder.',
    'Upload it, or name it in the workspace file and apply that on the machine.',
  );
}

function refuseAddress(url: string): void {
  // A variable inside of an address would be sent to whoever the address names.
  if (url.includes('${')) {
    if (/^\$\{\w+\}$/.test(url)) return;
    throw refused(
      'An address that is given here holds no variables.',
      'Put the whole address into a variable and write its name: ${SHOP_DATABASE}.',
    );
  }
  const host = URL.canParse(url) ? new URL(url).hostname : '';
  if (/^(169\.254\.|\[?fe80:|\[?fd00:ec2:)/i.test(host))
    throw refused('No database is at this address.', 'Name its host.');
}

function refused(message: string, hint: string): PostriderError {
  return new PostriderError({ kind: 'forbidden', code: 'source_place', message, hint });
}
