import { findSourceFiles } from './changed-files.ts';
import { resolveDatabaseUrl } from './database-url.ts';
import { shownTable } from './read-postgres.ts';
import type { SourceConfig } from './source-config.ts';

/**
 * What a refresh would read, in a few words: `3 files`, `public.customers`. A database is not asked.
 * @throws as reading it would, where files are missing or the address of the database is
 */
export async function sourcePlace(
  folder: string,
  config: SourceConfig,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  if (config.type === 'postgres') {
    resolveDatabaseUrl(config.url, env);
    return shownTable(config);
  }
  const { base, later } = await findSourceFiles(folder, config);
  const count = base.length + later.length;
  return `${count} ${count === 1 ? 'file' : 'files'}`;
}
