import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { App } from '../app.ts';
import { openServer } from './open-server.ts';

/** A page as it is built, as small as one can be. */
const html =
  '<!doctype html><meta name="style-nonce" content="__STYLE_NONCE__"><script type="module" src="/assets/a-1.js"></script>';

describe('the web page', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-page-'));
  let server: FastifyInstance;
  beforeAll(async () => {
    mkdirSync(join(folder, 'assets'));
    writeFileSync(join(folder, 'index.html'), html);
    writeFileSync(join(folder, 'assets', 'a-1.js'), 'export {};');
    server = await serverWith(folder);
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  const get = (url: string, headers: Record<string, string> = { accept: 'text/html' }) =>
    server.inject({ url, headers: { host: '127.0.0.1:4600', ...headers } });

  it.each(['/', '/data/exports', '/data/exports/new?segment=vip', '/segments/a%20b', '/owner'])(
    'is at %s, and in no cache',
    async (url) => {
      const answer = await get(url);
      expect(answer.statusCode).toBe(200);
      expect(answer.headers['content-type']).toContain('text/html');
      expect(answer.headers['cache-control']).toBe('no-store');
    },
  );

  it('carries another nonce each time, which the policy names for styles and for nothing else', async () => {
    const nonces = await Promise.all(
      [1, 2].map(async () => {
        const answer = await get('/');
        const nonce = /content="([^"]+)"/.exec(answer.body)?.[1] ?? '';
        const policy = String(answer.headers['content-security-policy']);
        expect(policy).toContain(`style-src 'self' 'nonce-${nonce}'`);
        expect(policy).toContain("script-src 'self';");
        expect(policy).not.toContain('unsafe');
        return nonce;
      }),
    );
    expect(nonces[0]).toMatch(/^[\w+/]{22}==$/);
    expect(nonces[0]).not.toBe(nonces[1]);
  });

  it('has files that a browser may keep for ever', async () => {
    const answer = await get('/assets/a-1.js', {});
    expect(answer.statusCode).toBe(200);
    expect(answer.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  });

  it.each([
    '/assets/none.js',
    '/api/v1/none',
    '/docs/none',
    '/assets/..%2findex.html',
    '/assets/%5c',
    '/assets/%00',
  ])('is not at %s', async (url) => {
    expect((await get(url)).statusCode).toBe(404);
  });

  it('is nothing that a program is given for an address it mistyped', async () => {
    const answer = await get('/exports', { accept: '*/*' });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ code: 'not_found' });
  });

  it('goes to the one name that sessions and Mailchimp’s sign-in know', async () => {
    const answer = await server.inject({
      url: '/data/exports?a=b',
      headers: { host: 'localhost:4600', accept: 'text/html' },
    });
    expect(answer.statusCode).toBe(302);
    expect(answer.headers.location).toBe('http://127.0.0.1:4600/data/exports?a=b');
  });

  it('is not shown under the name of somebody else', async () => {
    const answer = await server.inject({ url: '/', headers: { host: 'evil.test', accept: 'text/html' } });
    expect(answer.statusCode).toBe(403);
  });

  it('says how to get it where it was not built', async () => {
    const without = await serverWith(join(folder, 'nowhere'));
    const answer = await without.inject({ url: '/', headers: { host: '127.0.0.1', accept: 'text/html' } });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).toContain('npm run build:web');
    await without.close();
  });
});

function serverWith(page: string): Promise<FastifyInstance> {
  return openServer({
    app: {} as App,
    config: { publicUrl: undefined, host: '127.0.0.1', proxies: 0 },
    version: '0.0.0',
    page,
  });
}
