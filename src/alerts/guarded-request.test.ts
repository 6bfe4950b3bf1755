import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { guardedPost, isInner } from './guarded-request.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
});

async function answering(status: number, headers: Record<string, string> = {}) {
  const calls: { url: string | undefined; body: string }[] = [];
  server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8').on('data', (part: string) => (body += part));
    request.on('end', () => {
      calls.push({ url: request.url, body });
      response.writeHead(status, headers).end('no');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { calls, port: (server.address() as AddressInfo).port };
}

const message = { body: '{"a":1}', headers: {} };

describe('isInner', () => {
  it.each([
    ['127.0.0.1', true],
    ['10.1.2.3', true],
    ['172.31.0.1', true],
    ['172.32.0.1', false],
    ['192.168.1.1', true],
    ['169.254.169.254', true],
    ['100.100.0.1', true],
    ['0.0.0.0', true],
    ['255.255.255.255', true],
    ['::1', true],
    ['::ffff:127.0.0.1', true],
    ['::ffff:7f00:1', true],
    ['fd00::1', true],
    ['fe80::1', true],
    ['8.8.8.8', false],
    ['::ffff:8.8.8.8', false],
    ['2606:4700::1111', false],
  ])('says of %s: %s', (address, inner) => {
    expect(isInner(address)).toBe(inner);
  });
});

describe('guardedPost', () => {
  it.each([
    ['an address', '127.0.0.1'],
    ['a name', 'localhost'],
    ['an address of the other sort', '[::1]'],
    ['an address in other words', '2130706433'],
    ['an address in hexadecimal', '0x7f000001'],
  ])('calls nothing of this machine by %s', async (_, host) => {
    const { calls, port } = await answering(200);
    await expect(guardedPost(`http://${host}:${port}/`, message, [])).rejects.toMatchObject({
      code: 'address_inner',
    });
    expect(calls).toEqual([]);
  });

  it('calls a host of the own network that was allowed', async () => {
    const { calls, port } = await answering(204);
    await guardedPost(`http://localhost:${port}/hook?x=1`, message, ['localhost']);
    expect(calls).toEqual([{ url: '/hook?x=1', body: '{"a":1}' }]);
  });

  it('goes nowhere else when it is sent on', async () => {
    const { calls, port } = await answering(302, { location: 'http://127.0.0.1:1/' });
    await expect(guardedPost(`http://localhost:${port}/`, message, ['localhost'])).rejects.toMatchObject({
      code: 'alert_refused',
    });
    expect(calls).toHaveLength(1);
  });

  it('says that nobody is there', async () => {
    await expect(guardedPost('http://localhost:1/', message, ['localhost'])).rejects.toMatchObject({
      code: 'alert_unreachable',
      retry: 'later',
    });
  });
});
