import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';

/**
 * Sends CSV as it is made. Its first part is awaited before anything is answered, so that who may not have it, or asks
 * for what is not there, is told so as everywhere else.
 */
export async function sendCsv(
  reply: FastifyReply,
  file: string,
  text: AsyncIterable<string>,
): Promise<FastifyReply> {
  const parts = text[Symbol.asyncIterator]();
  const first = await parts.next();
  const all = async function* () {
    if (first.done === true) return;
    yield first.value;
    for (let next = await parts.next(); next.done !== true; next = await parts.next()) yield next.value;
  };
  void reply.type('text/csv; charset=utf-8');
  void reply.header('content-disposition', `attachment; filename="${file.replaceAll(/[^\w.-]/g, '_')}"`);
  return reply.send(Readable.from(all()));
}
