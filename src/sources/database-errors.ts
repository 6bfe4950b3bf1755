import { PostriderError, type ErrorKind, type Retry } from '../base/errors.ts';

/**
 * What the driver or the server said, as an error of ours. Neither its text nor its cause goes along where either may
 * hold what it should not: the server quotes cells of rows, the driver the address with its password.
 * @param where the table, or "the query"
 */
export function databaseError(where: string, error: unknown): PostriderError {
  if (error instanceof PostriderError) return error;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const say = (kind: ErrorKind, ours: string, text: string, hint: string, retry: Retry = 'never') =>
    new PostriderError({ kind, code: ours, message: text, hint, retry });
  if (/^(28|3D)/.test(code)) {
    return say(
      'configuration',
      'source_database_refused',
      `The database does not let us in to read ${where} (${code}).`,
      'Check user, password and database in the variable that "url" names.',
    );
  }
  if (code === '57014') {
    return say(
      'remote',
      'source_database_timeout',
      `The database took too long over ${where}.`,
      'Set "timeout" higher, or read less: a query, "incremental", an index on its column.',
      'later',
    );
  }
  // Class 42 is about what we asked, and quotes nothing but names.
  if (/^(42|25|0A)/.test(code)) {
    return say(
      'input',
      'source_query',
      `The database cannot read ${where}: ${message} (${code}).`,
      'Correct "table" or "query", or give the user the right to read it.',
    );
  }
  if (/^(22|XX|23)/.test(code)) {
    return say(
      'input',
      'source_query',
      `The database stopped reading ${where} at a value (${code}).`,
      'Run the query by hand to see at which one.',
    );
  }
  return say(
    'remote',
    'source_database_unreachable',
    `The database of ${where} cannot be reached (${code === '' ? 'no answer' : code}).`,
    'Check that it runs and may be reached from here. What was loaded before stays.',
    'later',
  );
}
