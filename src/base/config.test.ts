import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { pageRoot, readConfig } from './config.ts';
import { messageOf } from './errors.ts';

describe('readConfig', () => {
  it('knows what to do in an empty environment', () => {
    expect(readConfig({})).toEqual({
      dataFolder: resolve('.postrider'),
      port: 4600,
      host: '127.0.0.1',
      publicUrl: undefined,
      proxies: 0,
      owner: undefined,
      oidc: undefined,
      mail: undefined,
      alertHosts: [],
      secretKey: undefined,
      newSecretKey: undefined,
      databaseUrl: undefined,
      engineMemory: '400MB',
      checkpointHours: 24,
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
      POSTRIDER_NEW_SECRET_KEY: 'def',
      DATABASE_URL: 'postgresql://ana:secret@db.example.com/postrider?sslmode=require',
      MAILCHIMP_BASE_URL: 'http://127.0.0.1:4601/3.0',
      MAILCHIMP_OAUTH_URL: 'http://localhost:4601',
      MAILCHIMP_CLIENT_ID: '1',
      MAILCHIMP_CLIENT_SECRET: '2',
      MAILCHIMP_MAX_REQUESTS: '10',
      MAILCHIMP_DEADLINE_S: '3',
      POSTRIDER_ENGINE_MEMORY: '2GB',
      POSTRIDER_CHECKPOINT_HOURS: '0',
      POSTRIDER_HOST: '0.0.0.0',
      POSTRIDER_PUBLIC_URL: 'https://postrider.example.com/',
      POSTRIDER_PROXIES: '1',
      POSTRIDER_OWNER_EMAIL: 'ana@example.com',
      POSTRIDER_OWNER_PASSWORD: 'gray otter under bridge',
      POSTRIDER_OIDC_ISSUER: 'https://login.example.com',
      POSTRIDER_OIDC_CLIENT_ID: 'postrider',
      POSTRIDER_OIDC_CLIENT_SECRET: 'x',
      POSTRIDER_SMTP_URL: 'smtps://u:p@mail.example.com',
      POSTRIDER_MAIL_FROM: 'Postrider <postrider@example.com>',
      POSTRIDER_ALERT_HOSTS: 'Chat.local, 10.0.0.5',
      PATH: '/usr/bin',
    });
    expect(config).toEqual({
      dataFolder: '/var/lib/postrider',
      port: 80,
      host: '0.0.0.0',
      publicUrl: 'https://postrider.example.com',
      proxies: 1,
      owner: { email: 'ana@example.com', password: 'gray otter under bridge' },
      oidc: { issuer: 'https://login.example.com', clientId: 'postrider', clientSecret: 'x' },
      mail: {
        smtpUrl: 'smtps://u:p@mail.example.com',
        from: 'Postrider <postrider@example.com>',
      },
      alertHosts: ['chat.local', '10.0.0.5'],
      secretKey: 'abc',
      newSecretKey: 'def',
      databaseUrl: 'postgresql://ana:secret@db.example.com/postrider?sslmode=require',
      engineMemory: '2GB',
      checkpointHours: 0,
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

  it.each([
    ['POSTRIDER_OWNER_PASSWORD', { POSTRIDER_OWNER_EMAIL: 'ana@example.com' }],
    ['POSTRIDER_OIDC_CLIENT_ID', { POSTRIDER_OIDC_ISSUER: 'https://login.example.com' }],
    ['POSTRIDER_MAIL_FROM', { POSTRIDER_SMTP_URL: 'smtp://mail.example.com' }],
  ])('says that %s is missing where its other half is set', (missing, env) => {
    expect(failureOf(env)).toMatchObject({
      code: 'bad_environment',
      message: expect.stringContaining(`${missing}: is needed where`) as string,
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
    { variable: 'MAILCHIMP_BASE_URL', value: 'mailchimp.test' },
    { variable: 'MAILCHIMP_OAUTH_URL', value: 'file:///etc/passwd' },
    { variable: 'POSTRIDER_ENGINE_MEMORY', value: '400' },
    { variable: 'DATABASE_URL', value: 'mysql://ana:secret@db/postrider' },
  ])('refuses $variable=$value and does not repeat the value', ({ variable, value }) => {
    const error = failureOf({ [variable]: value });
    expect(error).toMatchObject({ kind: 'configuration', code: 'bad_environment' });
    expect(messageOf(error)).toMatch(new RegExp(`^${variable}: expected`));
    // A number may stand in what is expected instead.
    if (/[a-z]/.test(value)) expect(JSON.stringify(error)).not.toContain(value);
  });

  it('names all that are wrong at once', () => {
    const error = failureOf({ POSTRIDER_PORT: 'x', MAILCHIMP_MAX_REQUESTS: 'y' });
    expect(messageOf(error).split('\n')).toHaveLength(2);
  });
});

describe('pageRoot', () => {
  it.each([
    { host: '127.0.0.1', root: 'http://127.0.0.1:4600' },
    { host: '0.0.0.0', root: 'http://127.0.0.1:4600' },
    { host: '::', root: 'http://[::1]:4600' },
    { host: '::1', root: 'http://[::1]:4600' },
    { host: '192.168.1.5', root: 'http://192.168.1.5:4600' },
    { host: '0.0.0.0', publicUrl: 'https://postrider.example.com', root: 'https://postrider.example.com' },
  ])('is where a server at $host is reached: $root', ({ root, ...config }) => {
    expect(pageRoot({ publicUrl: undefined, port: 4600, ...config })).toBe(root);
  });
});

function failureOf(env: Record<string, string>): unknown {
  try {
    return readConfig(env);
  } catch (error) {
    return error;
  }
}
