import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refuseForeignHost, type Reach } from './caller.ts';

/** What the built page has in place of a nonce: another one for each time it is sent. */
const nonceMark = '__STYLE_NONCE__';

/**
 * The web page: its files, and itself at every address that a browser may be led to. Styles that it makes as it runs
 * carry the nonce of this one answer; scripts are files of ours and nothing else.
 * @param folder what `npm run build:web` makes; undefined or absent: there is no page, and the answer says how to get it
 */
export async function addPage(
  server: FastifyInstance,
  folder: string | undefined,
  reach: Reach,
): Promise<void> {
  const built = folder !== undefined && existsSync(join(folder, 'index.html'));
  const page = built ? readFileSync(join(folder, 'index.html'), 'utf8') : undefined;
  if (built) {
    // Names hold a digest of what is in them, so they never change.
    await server.register(fastifyStatic, {
      root: join(folder, 'assets'),
      prefix: '/assets/',
      immutable: true,
      maxAge: '365d',
      decorateReply: false,
      // The list of routes is for what people ask; each file needs none.
      schemaHide: true,
    });
  }
  server.decorate('sendPage', sendPage);

  function sendPage(request: FastifyRequest, reply: FastifyReply): FastifyReply {
    refuseForeignHost(request, reach);
    // A session belongs to one name, and Mailchimp's sign-in comes back to 127.0.0.1 (FACTS §3).
    if (reach.publicUrl === undefined && reach.host === '127.0.0.1' && request.hostname === 'localhost') {
      const port = request.host.split(':')[1] ?? '80';
      return reply.redirect(`http://127.0.0.1:${port}${request.url}`, 302);
    }
    if (page === undefined) {
      return reply
        .status(503)
        .type('text/plain; charset=utf-8')
        .send('The web page is not built: npm run build:web\nThe API is there: /docs\n');
    }
    const nonce = randomBytes(16).toString('base64');
    const policy = String(reply.getHeader('content-security-policy') ?? '');
    return reply
      .header(
        'content-security-policy',
        policy.replace("style-src 'self'", `style-src 'self' 'nonce-${nonce}'`),
      )
      .header('cache-control', 'no-store')
      .type('text/html; charset=utf-8')
      .send(page.replaceAll(nonceMark, nonce));
  }
}

/** Whether it is a browser that was led to an address of the page, and not a program that mistyped one of the API. */
export function wantsPage({ method, url, headers }: FastifyRequest): boolean {
  const elsewhere = /^\/(api|docs|assets|metrics|healthz|readyz|local)(\/|$|\?)/.test(url);
  return (
    (method === 'GET' || method === 'HEAD') && !elsewhere && (headers.accept ?? '').includes('text/html')
  );
}

declare module 'fastify' {
  interface FastifyInstance {
    sendPage(request: FastifyRequest, reply: FastifyReply): FastifyReply;
  }
}
