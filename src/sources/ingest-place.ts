import type { SourceLoad } from './loaded-source.ts';
import type { KeptOut } from './suppressed-rows.ts';

/** What a refresh of a source needs to know of the world. */
export interface IngestPlace {
  /** Where relative paths begin: the folder of the workspace file. */
  folder: string;
  now: Date;
  /** Where copies of the files may lie while they are read; absent: the system's folder for such things. */
  scratch?: string;
  /** Erased people, whose rows are not taken in; absent: there are none. */
  keptOut?: KeptOut;
  /** Aborted, no further file, page or source is read, and the last good load stays. */
  signal?: AbortSignal | undefined;
  /** What addresses of databases refer to. */
  env: Readonly<Record<string, string | undefined>>;
}

/** A source after a refresh; `unchanged` where there was nothing new, and nothing was read. */
export interface IngestedSource extends SourceLoad {
  unchanged: boolean;
}
