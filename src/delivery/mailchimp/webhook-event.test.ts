import { describe, expect, it } from 'vitest';
import { parseWebhookEvent } from './webhook-event.ts';

const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();
const firedAt = new Date('2026-11-24T06:00:00Z');
const common = { fired_at: '2026-11-24 06:00:00', 'data[list_id]': 'aud1' };
const contact = {
  ...common,
  'data[id]': '8a25ff1d98',
  'data[email]': ' Ana@ACME.test',
  'data[merges][FNAME]': 'Ana',
};

describe('parseWebhookEvent', () => {
  it.each([
    [
      { ...contact, type: 'unsubscribe', 'data[action]': 'delete', 'data[reason]': 'abuse' },
      { type: 'unsubscribe', action: 'delete', reason: 'abuse', address: 'ana@acme.test' },
    ],
    [
      { ...contact, type: 'unsubscribe' },
      { type: 'unsubscribe', action: 'unsub', reason: '', address: 'ana@acme.test' },
    ],
    [
      { ...contact, type: 'cleaned', 'data[reason]': 'hard' },
      { type: 'cleaned', reason: 'hard', address: 'ana@acme.test' },
    ],
    [
      { ...contact, type: 'subscribe' },
      { type: 'subscribe', address: 'ana@acme.test' },
    ],
    [
      { ...contact, type: 'profile' },
      { type: 'profile', address: 'ana@acme.test' },
    ],
    [
      { ...common, type: 'upemail', 'data[new_email]': 'New@acme.test', 'data[old_email]': 'old@acme.test' },
      { type: 'upemail', address: 'new@acme.test', from: 'old@acme.test' },
    ],
  ])('reads %j', (fields, expected) => {
    expect(parseWebhookEvent(form(fields))).toEqual({ ...expected, audience: 'aud1', firedAt });
  });

  it.each(['campaign', 'something_new'])('has no use for "%s"', (type) => {
    expect(parseWebhookEvent(form({ type, 'data[list_id]': 'aud1' }))).toEqual({ type: 'other' });
  });

  it.each([
    ['nothing', ''],
    ['JSON', JSON.stringify({ type: 'unsubscribe' })],
    ['garbage', 'x'.repeat(10_000)],
    ['percent signs that escape nothing', `type=unsubscribe&${'%'.repeat(10_000)}`],
    ['no address', form({ ...common, type: 'unsubscribe' })],
    ['something else for an address', form({ ...contact, type: 'profile', 'data[email]': 'ana' })],
    ['no audience', form({ type: 'profile', fired_at: common.fired_at, 'data[email]': 'ana@acme.test' })],
    ['no time', form({ 'data[list_id]': 'aud1', 'data[email]': 'ana@acme.test', type: 'cleaned' })],
    ['a time that is none', form({ ...contact, type: 'cleaned', fired_at: '2026-13-40 06:00:00' })],
    ['a type that is a sentence', form({ ...contact, type: 'Unsubscribe me, please' })],
  ])('refuses %s', (_, body) => {
    expect(() => parseWebhookEvent(body)).toThrow(expect.objectContaining({ code: 'webhook_body' }));
  });

  it('names nobody in the error', () => {
    const body = form({ ...contact, type: 'cleaned', fired_at: 'yesterday' });
    expect(() => parseWebhookEvent(body)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('ana') }),
    );
  });
});
