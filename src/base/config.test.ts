import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readConfig } from './config.ts';
import { messageOf } from './errors.ts';

describe('readConfig', () => {
  it('knows what to do in an empty environment', () => {
    expect(readConfig({})).toEqual({
      dataFolder: resolve('.postrider'),
      port: 4600,
      secretKey: undefined,
      databaseUrl: undefined,
      engineMemory: '400MB',
      mailchimp: {
        baseUrl: undefined,
        oauthUrl: undefined,
        clientId: undefined,
        clientSecret: undefined,
        maxRequests: 8,
        deadlineMs: 120_000,
      },
    });
  });

  it('reads every variable', () => {
    const config = readConfig({
      POSTRIDER_DATA: '/var/lib/postrider',
      POSTRIDER_PORT: '80',
      POSTRIDER_SECRET_KEY: 'abc',
      DATABASE_URL: 'postgresql://ana:secret@db.example.com/postrider?sslmode=require',
      MAILCHIMP_BASE_URL: 'http://127.0.0.1:4601/3.0',
      MAILCHIMP_OAUTH_URL: 'http://localhost:4601',
      MAILCHIMP_CLIENT_ID: '1',
      MAILCHIMP_CLIENT_SECRET: '2',
      MAILCHIMP_MAX_REQUESTS: '10',
      MAILCHIMP_DEADLINE_S: '3',
      POSTRIDER_ENGINE_MEMORY: '2GB',
      PATH: '/usr/bin',
    });
    expect(config).toEqual({
      dataFolder: '/var/lib/postrider',
      port: 80,
      secretKey: 'abc',
      databaseUrl: 'postgresql://ana:secret@db.example.com/postrider?sslmode=require',
      engineMemory: '2GB',
      mailchimp: {
        baseUrl: 'http://127.0.0.1:4601/3.0',
        oauthUrl: 'http://localhost:4601',
        clientId: '1',
        clientSecret: '2',
        maxRequests: 10,
        deadlineMs: 3000,
      },
    });
  });

  it('takes a variable that is set to nothing for absent', () => {
    expect(readConfig({ POSTRIDER_DATA: '', DATABASE_URL: ' ', POSTRIDER_PORT: '' })).toEqual(readConfig({}));
  });

  it.each([
    { variable: 'POSTRIDER_PORT', value: '65536' },
    { variable: 'POSTRIDER_PORT', value: 'http' },
    { variable: 'POSTRIDER_PORT', value: '-1' },
    { variable: 'MAILCHIMP_MAX_REQUESTS', value: '0' },
    { variable: 'MAILCHIMP_MAX_REQUESTS', value: '11' },
    { variable: 'MAILCHIMP_MAX_REQUESTS', value: '2.5' },
    { variable: 'MAILCHIMP_DEADLINE_S', value: '0' },
    { variable: 'MAILCHIMP_BASE_URL', value: 'example.com' },
    { variable: 'MAILCHIMP_OAUTH_URL', value: 'file:///etc/passwd' },
    { variable: 'POSTRIDER_ENGINE_MEMORY', value: '400' },
    { variable: 'DATABASE_URL', value: 'mysql://ana:secret@db/postrider' },
  ])('refuses $variable=$value and does not repeat the value', ({ variable, value }) => {
    const error = failureOf({ [variable]: value });
    expect(error).toMatchObject({ kind: 'configuration', code: 'bad_environment' });
    expect(messageOf(error)).toMatch(new RegExp(`^${variable}: expected`));
    expect(JSON.stringify(error)).not.toContain(`"${value}"`);
    expect(messageOf(error)).not.toContain('secret');
  });

  it('names all that are wrong at once', () => {
    const error = failureOf({ POSTRIDER_PORT: 'x', MAILCHIMP_MAX_REQUESTS: 'y' });
    expect(messageOf(error).split('\n')).toHaveLength(2);
  });
});

function failureOf(env: Record<string, string>): unknown {
  try {
    return readConfig(env);
  } catch (error) {
    return error;
  }
}
