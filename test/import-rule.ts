import { importTable, packageTable } from './import-table.ts';
import type { Import } from './read-imports.ts';

/** Tests may look anywhere: a delivery test needs the sandbox. */
const testFile = /\.(test|suite)\.tsx?$|(^|\/)test-support\//;

/** What is wrong with the imports of `src/`, one sentence each, with what to do instead; none when all is well. */
export function importProblems(imports: readonly Import[]): string[] {
  return imports.filter((each) => !testFile.test(each.file)).flatMap((each) => problemOf(each) ?? []);
}

function problemOf(each: Import): string | undefined {
  const from = folderOf(each.file);
  const where = `src/${each.file}:${each.line}`;
  const allowance = importTable[from];
  if (allowance === undefined) {
    return `${where}: the folder "${from}" has no line in test/import-table.ts. Add one: what may it use?`;
  }
  if ('package' in each.target) {
    const owners = packageTable[each.target.package];
    if (owners === undefined || owners.includes(from)) return undefined;
    return `${where}: "${each.target.package}" is used in ${owners.join(' and ')} only. Call what ${owners[0]} offers, or extend that.`;
  }

  const target = each.target.file;
  if (testFile.test(target)) return `${where}: ${target} is for tests. Move what you need out of it.`;
  const to = folderOf(target);
  if (to === from) return undefined;
  if (
    target.startsWith('..') &&
    !(allowance.outside ?? []).some((folder) => target.startsWith(`../${folder}/`))
  )
    return `${where}: nothing in src/ imports from outside it (${target}). Move what you need in.`;
  if (target.startsWith('..')) return undefined;
  const allowed = new Set([...allowance.from, ...(each.typeOnly ? (allowance.types ?? []) : [])]);
  if (allowed.has(to) || allowed.has(target)) return undefined;
  if (allowance.types?.includes(to) === true) {
    return `${where}: ${from} may use the types of ${to} alone. Write "import type", or let the caller pass the function in.`;
  }
  return (
    `${where}: ${from} must not import ${target}; it may use ${allowance.from.join(', ') || 'nothing of ours'}. ` +
    `Data flows one way: take the value as an argument, move the shared part into an earlier folder, or join the two in pipeline/.`
  );
}

/** `unify` of `unify/unify.ts`; `app` of `app.ts`. */
function folderOf(file: string): string {
  return (file.split('/')[0] ?? '').replace(/\.ts$/, '');
}

/**
 * Files that load each other in a ring, as `a → b → a`: which of them runs first is then an accident. Types do
 * not load, and the table keeps rings of them within one folder.
 */
export function importCycles(imports: readonly Import[]): string[] {
  const next = new Map<string, string[]>();
  for (const each of imports) {
    if (!each.typeOnly && 'file' in each.target)
      next.set(each.file, [...(next.get(each.file) ?? []), each.target.file]);
  }
  const cycles: string[] = [];
  const done = new Set<string>();
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) cycles.push([...path.slice(start), file].join(' → '));
    if (start >= 0 || done.has(file)) return;
    for (const target of next.get(file) ?? []) walk(target, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) walk(file, []);
  return cycles;
}
