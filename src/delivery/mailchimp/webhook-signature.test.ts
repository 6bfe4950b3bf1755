import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isSignedBy } from './webhook-signature.ts';

const now = new Date('2026-11-24T06:00:00Z');
const seconds = now.getTime() / 1000;
const body = Buffer.from('type=unsubscribe&data%5Bemail%5D=ana%40acme.test');
const sign = (secret = 'secret', time: number | string = seconds, of: Buffer = body) =>
  createHmac('sha256', secret).update(`${time}.${of.toString()}`).digest('hex');

describe('isSignedBy', () => {
  it.each([
    ['a signature of now', `t=${seconds},v1=${sign()}`],
    ['in capitals', `t=${seconds},v1=${sign().toUpperCase()}`],
    ['with blanks after the comma', `t=${seconds}, v1=${sign()}`],
    ['beside one of a former secret', `t=${seconds},v1=${sign('former')},v1=${sign()}`],
    ['beside one of another scheme', `t=${seconds},v0=abc,v1=${sign()}`],
    ['five minutes old', `t=${seconds - 300},v1=${sign('secret', seconds - 300)}`],
    ['of a clock five minutes ahead', `t=${seconds + 300},v1=${sign('secret', seconds + 300)}`],
  ])('believes %s', (_, header) => {
    expect(isSignedBy('secret', header, body, now)).toBe(true);
  });

  it.each([
    ['another secret', `t=${seconds},v1=${sign('other')}`],
    ['another body', `t=${seconds},v1=${sign('secret', seconds, Buffer.from('type=subscribe'))}`],
    ['another time than it names', `t=${seconds},v1=${sign('secret', seconds - 1)}`],
    ['more than five minutes ago', `t=${seconds - 301},v1=${sign('secret', seconds - 301)}`],
    ['more than five minutes ahead', `t=${seconds + 301},v1=${sign('secret', seconds + 301)}`],
    ['no time', `v1=${sign()}`],
    ['a time that is none', `t=now,v1=${sign('secret', 'now')}`],
    ['half of itself', `t=${seconds},v1=${sign().slice(0, 32)}`],
    ['a name of the scheme only', `t=${seconds},v1`],
    ['nothing', ''],
  ])('does not believe one with %s', (_, header) => {
    expect(isSignedBy('secret', header, body, now)).toBe(false);
  });
});
