import { expect, it } from 'vitest';
import { decodeFrames, encodeFrame, type DoorFrame } from './door-frames.ts';

const frames: DoorFrame[] = [
  { kind: 'say', message: 'reading sources' },
  { kind: 'part', value: { at: new Date('2026-11-25T09:00:00Z'), nobody: undefined, name: 'Ștefan' } },
  { kind: 'alive' },
  { kind: 'result', value: new Map([['ana@acme.test', [1, 2, 3]]]) },
];

/** The connection may cut them anywhere, in the four bytes of a length too. */
it.each([1, 2, 3, 5, 64, 10_000])('frames are whole again out of pieces of %d bytes', async (size) => {
  const bytes = Buffer.concat(frames.map(encodeFrame));
  async function* pieces() {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
  expect(await Array.fromAsync(decodeFrames(pieces()))).toEqual(frames);
});
