import { createServer, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { HttpTransport } from './http-transport.ts';
import { fastClock } from './test-support/clocks.ts';
import { startFake, type FakeReply, type FakeServer } from './test-support/fake-server.ts';

let fake: FakeServer;
let transport: HttpTransport;

async function serve(handler: Parameters<typeof startFake>[0]): Promise<void> {
  fake = await startFake(handler);
  open(fake.apiRoot);
}

function open(apiRoot: string): void {
  // 132 s pass in 1.3.
  transport = new HttpTransport({
    apiRoot,
    token: 'secret',
    connections: 4,
    timeoutMs: 132_000,
    clock: fastClock(100),
  });
}

const ping = (signal?: AbortSignal) => transport.send('GET', '/', undefined, signal);

afterEach(async () => {
  await transport.close();
  await fake.stop();
});

describe('HttpTransport', () => {
  it('brings a whole answer, with the token in the header only', async () => {
    await serve(() => ({ status: 200, json: { account_name: 'Pöst' }, headers: { 'x-request-id': 'r1' } }));
    expect(await ping()).toMatchObject({
      kind: 'answered',
      answer: { status: 200, headers: { 'x-request-id': 'r1' }, body: '{"account_name":"Pöst"}' },
    });
    expect(fake.requests[0]).toMatchObject({ path: '/', headers: { authorization: 'Bearer secret' } });
  });

  it('unpacks what came packed', async () => {
    await serve(() => ({ status: 200, bytes: gzipSync('{"a":1}'), headers: { 'content-encoding': 'gzip' } }));
    expect(await ping()).toMatchObject({ kind: 'answered', answer: { body: '{"a":1}' } });
  });

  it('never follows a redirect', async () => {
    await serve(() => ({ status: 302, headers: { location: '/3.0/elsewhere' } }));
    expect(await ping()).toMatchObject({ kind: 'answered', answer: { status: 302 } });
    expect(fake.requests).toHaveLength(1);
  });

  it.each<[string, FakeReply]>([
    ['the connection was cut', 'cut'],
    ['no answer came in time', 'hang'],
    [
      'the answer cannot be unpacked',
      { status: 200, html: 'plain', headers: { 'content-encoding': 'gzip' } },
    ],
  ])('says "lost", with the time of sending, when %s', async (_when, reply) => {
    await serve(() => reply);
    expect(await ping()).toMatchObject({ kind: 'lost', sentAt: expect.any(Date) });
  });

  it('counts the whole answer: a body that stops half way is lost in time too', async () => {
    await serve(() => 'hang');
    const half = await listen((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"half":');
    });
    await transport.close();
    open(half.root);
    expect(await ping()).toMatchObject({ kind: 'lost' });
    half.server.close();
  });

  it('says "unsent" when there is no connection', async () => {
    await serve(() => 'hang');
    const gone = await listen(() => {});
    await new Promise((resolve) => gone.server.close(resolve));
    await transport.close();
    open(gone.root);
    expect(await ping()).toMatchObject({ kind: 'unsent' });
  });

  it('sends nothing for one who gave up while the connection was being made', async () => {
    await serve(() => ({ status: 200, json: {} }));
    const stop = new AbortController();
    const answer = ping(stop.signal);
    stop.abort(new Error('cancelled'));
    expect(await answer).toMatchObject({ kind: 'unsent', cause: stop.signal.reason });
    expect(fake.requests).toHaveLength(0);
  });

  it('lets a request finish that has left when its caller gives up', async () => {
    const stop = new AbortController();
    await serve(() => {
      stop.abort();
      return { status: 200, json: {} };
    });
    expect(await ping(stop.signal)).toMatchObject({ kind: 'answered' });
  });

  it('keeps connections alive', async () => {
    const ports = new Set<unknown>();
    await serve(({ headers }) => {
      ports.add(headers.connection);
      return { status: 200, json: {} };
    });
    for (let call = 0; call < 3; call++) await ping();
    expect([...ports]).toEqual(['keep-alive']);
  });
});

async function listen(
  onData: (socket: import('node:net').Socket) => void,
): Promise<{ server: Server; root: string }> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => onData(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return { server, root: `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/3.0` };
}
