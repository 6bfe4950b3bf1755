import { lookup as resolveHost } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Agent, request } from 'undici';
import { PostriderError } from '../base/errors.ts';

/*
 * An address that somebody types in is called from inside of the network, where others answer: machines of a cloud hand
 * out credentials at 169.254.169.254. So only public addresses are called, and it is the address that a connection is
 * made to that is looked at, since a name may lead somewhere else a moment after it was checked.
 */
const inner = new BlockList();
for (const [net, prefix] of [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const) {
  inner.addSubnet(net, prefix, 'ipv4');
}
for (const [net, prefix] of [
  ['::', 128],
  ['::1', 128],
  ['64:ff9b::', 96],
  ['fc00::', 7],
  ['fe80::', 10],
  ['ff00::', 8],
] as const) {
  inner.addSubnet(net, prefix, 'ipv6');
}

/** Whether an address is one of this machine, its network, or none that anybody has. */
export function isInner(address: string): boolean {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return inner.check(mapped, 'ipv4');
  return inner.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

const patienceMs = 10_000;

/**
 * Posts to an address that a user typed in; follows no redirect.
 * @param allowed hosts of the own network that may be called all the same
 * @throws `configuration` / `address_inner`; `remote` / `alert_refused`, `alert_unreachable`
 */
export async function guardedPost(
  address: string,
  { body, headers }: { body: string; headers: Record<string, string> },
  allowed: readonly string[],
): Promise<void> {
  const url = new URL(address);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const free = allowed.includes(host);
  if (!free && isIP(host) !== 0 && isInner(host)) throw innerAddress(url.host);
  const agent = new Agent({
    connect: { timeout: patienceMs, lookup: free ? resolveHost : guardedLookup },
  });
  try {
    const answer = await request(url, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/json', ...headers },
      dispatcher: agent,
      signal: AbortSignal.timeout(patienceMs),
    });
    await answer.body.dump();
    if (answer.statusCode >= 200 && answer.statusCode < 300) return;
    throw new PostriderError({
      kind: 'remote',
      code: 'alert_refused',
      message: `${url.host} answered with ${answer.statusCode}.`,
      hint: 'Check the address there.',
      retry: 'later',
    });
  } catch (error) {
    if (error instanceof PostriderError) throw error;
    if (causedByGuard(error)) throw innerAddress(url.host);
    throw new PostriderError({
      kind: 'remote',
      code: 'alert_unreachable',
      message: `${url.host} does not answer.`,
      hint: 'Check the address, and whether this machine may call it.',
      retry: 'later',
      cause: error,
    });
  } finally {
    await agent.destroy();
  }
}

const guardCode = 'POSTRIDER_INNER';

const guardedLookup: LookupFunction = (host, options, callback) => {
  resolveHost(host, { ...options, all: true }, (error, addresses) => {
    if (error !== null) return callback(error, '', 4);
    if (addresses.some(({ address }) => isInner(address))) {
      return callback(Object.assign(new Error('inner'), { code: guardCode }), '', 4);
    }
    const [first] = addresses;
    if (options.all === true) return callback(null, addresses);
    return callback(null, first?.address ?? '', first?.family ?? 4);
  });
};

function causedByGuard(error: unknown): boolean {
  for (let each: unknown = error; each instanceof Error; each = each.cause) {
    if ((each as NodeJS.ErrnoException).code === guardCode) return true;
  }
  return false;
}

function innerAddress(host: string): PostriderError {
  return new PostriderError({
    kind: 'configuration',
    code: 'address_inner',
    message: `${host} is an address of this machine or its network.`,
    hint: 'Alerts go to public addresses; POSTRIDER_ALERT_HOSTS names those of the own network that may be called.',
  });
}
