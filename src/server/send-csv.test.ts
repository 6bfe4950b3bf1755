import compress from '@fastify/compress';
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { sendCsv } from './send-csv.ts';

describe('CSV that is sent as it is made', () => {
  const log: string[] = [];
  let server: FastifyInstance;
  afterEach(() => server.close());

  async function serve(text: () => AsyncIterable<string>): Promise<string> {
    log.length = 0;
    server = fastify({ logger: { level: 'info', stream: { write: (line) => void log.push(line) } } });
    await server.register(compress);
    server.get('/', (_: unknown, reply: FastifyReply) => sendCsv(reply, 'a.csv', text()));
    return server.listen({ port: 0, host: '127.0.0.1' });
  }

  it.each(['identity', 'gzip'])(
    'lets go of its source when the reader goes before the end: %s',
    async (encoding) => {
      let ended = false;
      const address = await serve(async function* () {
        try {
          for (;;) yield `${Math.random()}\n`.repeat(1_000);
        } finally {
          ended = true;
        }
      });
      const reader = new AbortController();
      const headers = { 'accept-encoding': encoding };
      const answer = await fetch(address, { headers, signal: reader.signal });
      await answer.body?.getReader().read();
      reader.abort();
      await vi.waitFor(() => expect(ended).toBe(true), 10_000);
      expect(log.join('')).not.toContain('"level":50');
    },
  );

  it.each(['identity', 'gzip'])(
    'is cut off where its source fails, and the log says where, not whom: %s',
    async (encoding) => {
      const address = await serve(async function* () {
        yield 'address\n';
        throw new TypeError('ana@shop.test is no number');
      });
      const answer = await fetch(address, { headers: { 'accept-encoding': encoding } });
      await expect(answer.text()).rejects.toThrow();
      expect(log.join('')).toContain('"name":"TypeError"');
      expect(log.join('')).toContain('send-csv.test.ts');
      expect(log.join('')).not.toContain('ana@shop.test');
    },
  );
});
