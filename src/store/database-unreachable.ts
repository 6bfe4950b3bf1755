import { PostriderError } from '../base/errors.ts';

/** @param cause what the driver says; it may hold no password, and goes into no message */
export function databaseUnreachable(cause: unknown): PostriderError {
  return new PostriderError({
    kind: 'configuration',
    code: 'database_unreachable',
    message: 'The PostgreSQL server that DATABASE_URL names does not let us in.',
    hint: 'Check that it runs, and the user, password and database in DATABASE_URL; "psql" with the same URL tells more.',
    retry: 'later',
    cause,
  });
}
