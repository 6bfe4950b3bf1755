import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { App } from '../app.ts';
import { pageRoot, rootAt, type Config } from '../base/config.ts';
import { PostriderError } from '../base/errors.ts';
import { putDoor, removeDoor } from './door-file.ts';
import { doorRoutes } from './door-routes.ts';
import { openServer, type ServerOptions } from './open-server.ts';

/** Where `npm run build:web` puts the page. */
const builtPage = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** So long what was asked before the end may be answered. */
const answersEndMs = 10_000;

export interface ServeOptions extends Pick<ServerOptions, 'log' | 'version' | 'makeSample'> {
  app: App;
  config: Config;
  /** The secret part of the link for the first owner, where there is nobody yet. */
  ownerLink: (link: string) => void;
  listening: (address: string) => void;
  /** Ends it: nobody new is let in, requests are answered, work parks. */
  signal: AbortSignal;
}

/**
 * The long-running product: the web, the API, the queue and the schedule, until the signal.
 * @throws `configuration` / `port_taken`; what the application lost meanwhile
 */
export async function serve(options: ServeOptions): Promise<void> {
  const { app, config, signal } = options;
  const owner = await app.signIn.firstOwner();
  const door = { secret: '' };
  const server = await openServer({
    ...options,
    page: builtPage,
    prepare: (fastify) => doorRoutes(fastify, app, () => door.secret),
  });
  try {
    await server.listen({ port: config.port, host: config.host });
  } catch (cause) {
    await server.close();
    throw new PostriderError({
      kind: 'configuration',
      code: 'port_taken',
      message: `${config.host}:${config.port} cannot be listened on.`,
      hint: 'Choose another with --port or POSTRIDER_PORT, or end what listens there.',
      cause,
    });
  }
  const { port } = server.server.address() as AddressInfo;
  door.secret = putDoor(config.dataFolder, rootAt(config.host, port)).secret;
  try {
    await app.work();
    const address = pageRoot({ ...config, port });
    options.listening(address);
    if (owner !== undefined) options.ownerLink(`${address}/owner#${owner}`);
    const ends = AbortSignal.any([signal, app.lost]);
    if (!ends.aborted) await once(ends, 'abort');
  } finally {
    removeDoor(config.dataFolder);
    // Whoever does not read their answer must not hold up the end.
    const impatient = setTimeout(() => server.server.closeAllConnections(), answersEndMs);
    await server.close();
    clearTimeout(impatient);
  }
  app.lost.throwIfAborted();
}
