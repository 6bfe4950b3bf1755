import { Readable } from 'node:stream';
import type { FastifyReply } from 'fastify';
import { failureOf } from './problem.ts';

/**
 * Sends CSV as it is made. Its first part is awaited before anything is answered, so that who may not have it, or asks
 * for what is not there, is told so as everywhere else. Whatever makes it is let go when the reader goes.
 */
export async function sendCsv(
  reply: FastifyReply,
  file: string,
  text: AsyncIterable<string>,
): Promise<FastifyReply> {
  const parts = text[Symbol.asyncIterator]();
  const first = await parts.next();
  const nextPart = async () =>
    parts.next().catch((error: unknown) => {
      reply.log.error(failureOf(error), 'cut off');
      // In its place, since whoever passes it on logs its message.
      throw new Error('the source of this answer failed');
    });
  const all = async function* () {
    for (let part = first; part.done !== true; part = await nextPart()) yield part.value;
  };
  void reply.type('text/csv; charset=utf-8');
  void reply.header('content-disposition', `attachment; filename="${file.replaceAll(/[^\w.-]/g, '_')}"`);
  const body = Readable.from(all());
  // Here and not in `all`, which ends without a word where nothing of it was read.
  body.once('close', () => void parts.return?.().catch(() => undefined));
  return reply.send(body);
}
