import type { Normaliser } from './normaliser.ts';
import { nicknames } from './nicknames.ts';
import { readListFile } from './list-file.ts';
import { readPairs, type HandMadePair } from './hand-made-pairs.ts';
import type { UnifyConfig } from './unify-config.ts';
import type { UnifyPlan } from './unify-plan.ts';

/** What the workspace file says in lists, read. */
export interface UnifyLists {
  /** Groups of words that mean the same, by the place of the form that knows them. */
  aliases: ReadonlyMap<number, readonly (readonly string[])[]>;
  /** Values that agree with nothing, as written, by attribute. */
  bypass: ReadonlyMap<string, readonly string[]>;
  pairs: readonly HandMadePair[];
}

/** The files of `readLists`, as written. */
export function listFilesOf(config: UnifyConfig): string[] {
  const { bypass = {}, pairs = {}, normalise, match, sources } = config;
  const named = [...Object.values(bypass), ...Object.values(pairs)].filter(
    (list) => typeof list === 'string',
  );
  const joining = sources.map(({ deduplicate }) => deduplicate);
  return [...named, ...aliasFilesIn([normalise, match, joining])];
}

/** Every form may have aliases, that of an attribute, a rule, an exception or a score: so they are looked for at any depth. */
function aliasFilesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) =>
    key === 'aliases' && Array.isArray(inner)
      ? inner.filter((list) => typeof list === 'string' && list !== withUs)
      : aliasFilesIn(inner),
  );
}

/** The list that comes with Postrider is no file of theirs. */
const withUs = 'nicknames';

/**
 * @param folder what relative paths start from
 * Errors: `unify_list_unreadable`; those of `readPairs`.
 */
export async function readLists(config: UnifyConfig, plan: UnifyPlan, folder: string): Promise<UnifyLists> {
  const aliases = new Map<number, readonly (readonly string[])[]>();
  for (const [place, { attribute, normaliser }] of plan.forms.entries()) {
    const groups = await aliasGroups(normaliser, folder, `the aliases of "${attribute.name}"`);
    if (groups.length > 0) aliases.set(place, groups);
  }
  const bypass = new Map<string, readonly string[]>();
  for (const [attribute, list] of Object.entries(config.bypass ?? {})) {
    const values =
      typeof list === 'string'
        ? (await readListFile(list, folder, `unify.bypass.${attribute}`)).flatMap(({ cells }) => cells)
        : list;
    bypass.set(attribute, values);
  }
  return { aliases, bypass, pairs: await readPairs(config, folder) };
}

async function aliasGroups(
  normaliser: Normaliser,
  folder: string,
  at: string,
): Promise<(readonly string[])[]> {
  if (!('aliases' in normaliser)) return [];
  const groups: (readonly string[])[] = [];
  for (const list of normaliser.aliases) {
    if (typeof list !== 'string') groups.push(list);
    else if (list === withUs) groups.push(...nicknames);
    else groups.push(...(await readListFile(list, folder, at)).map(({ cells }) => cells));
  }
  return groups;
}
