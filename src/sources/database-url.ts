import { PostriderError } from '../base/errors.ts';

const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g;

/**
 * What is wrong with the address of a database as the workspace holds it; undefined where nothing is. Settings are
 * stored and written out, so a password may not stand in them: the variable that holds it is named instead.
 */
export function databaseUrlProblem(text: string): string | undefined {
  const filled = text.replaceAll(reference, 'reference');
  // A variable may be the whole address.
  if (filled === 'reference') return undefined;
  const url = parsed(filled);
  if (url === undefined)
    return 'expected postgres://user@host/database, or "$${NAME}" for the variable that holds all of it';
  const password = url.searchParams.get('password') ?? url.password;
  return password === '' || password === 'reference'
    ? undefined
    : 'a password would be stored in the clear: put the whole address into a variable and write its name as "$${NAME}"';
}

/**
 * The address to connect to.
 * @throws `configuration` / `source_database_unset`, naming the variable that is missing
 */
export function resolveDatabaseUrl(text: string, env: Readonly<Record<string, string | undefined>>): string {
  const resolved = text.replaceAll(reference, (_, variable: string) => {
    const value = env[variable];
    if (value !== undefined && value.trim() !== '') return value.trim();
    throw new PostriderError({
      kind: 'configuration',
      code: 'source_database_unset',
      message: `The environment has no variable ${variable}, which says where the database is.`,
      hint: `Set it: export ${variable}=postgres://user:password@host/database`,
    });
  });
  if (parsed(resolved) !== undefined) return resolved;
  throw new PostriderError({
    kind: 'configuration',
    code: 'source_database_url',
    message: 'The address of the database is not of the form postgres://user:password@host/database.',
    hint: 'Correct it; in a password write special characters as %40 and the like.',
  });
}

/** What a resolved address names and as whom, without the password. */
export function databaseNamed(resolved: string): string {
  const url = new URL(resolved);
  url.password = '';
  url.searchParams.delete('password');
  return url.href;
}

function parsed(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^postgres(ql)?:$/.test(url.protocol) ? url : undefined;
}
