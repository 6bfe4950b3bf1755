import { posix } from 'node:path';
import { filesOf, findFiles, type SourceFile } from './find-files.ts';
import type { LoadState } from './loaded-source.ts';
import { fileEndings, type FileConfig } from './source-config.ts';

/** A file of changes or deletions; in the order of `turn` each has the last word over those before it. */
export interface LaterFile {
  kind: 'changes' | 'deletions';
  file: SourceFile;
  turn: string;
}

/** The files of a source: those that hold it whole, and what came after them, in the order of turns. */
export interface FilesOfSource {
  base: SourceFile[];
  later: LaterFile[];
}

/** @throws `source_file_missing` where there is no file that holds the source */
export async function findSourceFiles(folder: string, config: FileConfig): Promise<FilesOfSource> {
  const endings = fileEndings(config.type);
  const later: LaterFile[] = [];
  if (config.type === 'csv') {
    for (const kind of ['changes', 'deletions'] as const) {
      const path = config[kind];
      if (path === undefined) continue;
      for (const file of await filesOf(folder, path, endings))
        later.push({ kind, file, turn: `${posix.basename(file.shown)} ${kind} ${file.shown}` });
    }
  }
  const paths = new Set(later.map(({ file }) => file.path));
  return {
    // `**/*.csv` finds the files of changes too.
    base: await findFiles(folder, config.path, endings, paths),
    later: later.toSorted((one, other) => (one.turn < other.turn ? -1 : 1)),
  };
}

/** What a refresh has to do: nothing, read the files that came since, or everything. */
export type NextStep = { read: 'nothing' } | { read: 'some'; files: LaterFile[] } | { read: 'all' };

/**
 * The least that leads to what reading everything would lead to. A file that came out of turn (before one that is
 * folded in, or changed since) means reading all; one that is gone does not: what it said was so.
 */
export function nextStep(state: LoadState | undefined, basis: string, later: readonly LaterFile[]): NextStep {
  if (state === undefined || state.basis !== basis) return { read: 'all' };
  const stamps = new Map(state.folded.map(({ turn, stamp }) => [turn, stamp]));
  const files = later.filter(({ turn, file }) => stamps.get(turn) !== file.stamp);
  if (files.length === 0) return { read: 'nothing' };
  const last = state.folded.at(-1)?.turn;
  return last === undefined || files.every(({ turn }) => turn > last)
    ? { read: 'some', files }
    : { read: 'all' };
}

/** What is folded in after `files` were. */
export function foldedAfter(before: LoadState['folded'], files: readonly LaterFile[]): LoadState['folded'] {
  return [...before, ...files.map(({ turn, file }) => ({ turn, stamp: file.stamp }))];
}
