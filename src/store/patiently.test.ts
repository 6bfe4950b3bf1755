import { describe, expect, it } from 'vitest';
import { isUnreachable, patiently } from './patiently.ts';

const failure = (message: string, more: object = {}) => Object.assign(new Error(message), more);

describe('a database that is away', () => {
  it.each([
    failure('connect ECONNREFUSED', { code: 'ECONNREFUSED', syscall: 'connect' }),
    failure('connect ENOENT /run/.s.PGSQL.5432', { code: 'ENOENT', syscall: 'connect' }),
    failure('terminating connection due to administrator command', { code: '57P01' }),
    failure('the database system is starting up', { code: '57P03' }),
    failure('Connection terminated unexpectedly'),
    new Error('it did not work', { cause: failure('read', { code: 'ECONNRESET' }) }),
  ])('is told from one that refuses: %s', (error) => {
    expect(isUnreachable(error)).toBe(true);
  });

  it.each([
    failure('duplicate key', { code: '23505' }),
    failure('no such file', { code: 'ENOENT', syscall: 'open' }),
    failure('nothing of the kind'),
    'text',
  ])('is not meant by: %s', (error) => {
    expect(isUnreachable(error)).toBe(false);
  });

  it('is waited for, and other failures are not', async () => {
    let tries = 0;
    const written = await patiently(async () => {
      tries += 1;
      if (tries === 1) throw failure('Connection terminated unexpectedly');
      return tries;
    });
    expect(written).toBe(2);
    await expect(patiently(() => Promise.reject(failure('a bug')))).rejects.toThrow('a bug');
  });

  it('is not waited for by whoever ends', async () => {
    const signal = AbortSignal.abort();
    const gone = failure('Connection terminated unexpectedly');
    await expect(patiently(() => Promise.reject(gone), signal)).rejects.toBe(gone);
  });
});
