import { describe, expect, it } from 'vitest';
import { connectionConfig, partSecret } from './connection-config.ts';

const consent = { agreedBy: 'ana@example.com', date: '2026-11-24', text: 'v1' };
const complete = {
  name: 'Newsletter account',
  type: 'mailchimp',
  apiKey: '0123456789abcdef0123456789abcdef-us6',
  sharedWith: ['contributors'],
  consent,
};

describe('connectionConfig', () => {
  it('takes a whole connection and the least one', () => {
    expect(connectionConfig.parse(complete)).toEqual(complete);
    expect(connectionConfig.parse({ type: 'mailchimp', consent })).toEqual({
      type: 'mailchimp',
      sharedWith: [],
      consent,
    });
  });

  it('is not saved without a consent, and says what one looks like', () => {
    const { consent: _, ...without } = complete;
    const [issue] = connectionConfig.safeParse(without).error?.issues ?? [];
    expect(issue?.path).toEqual(['consent']);
    expect(issue?.message).toContain('consent: { agreedBy:');
  });

  it.each([
    { why: 'an unknown service', change: { type: 'sendgrid' } },
    { why: 'an unknown role', change: { sharedWith: ['everybody'] } },
    { why: 'a consent of nobody', change: { consent: { ...consent, agreedBy: ' ' } } },
    { why: 'a consent of no day', change: { consent: { ...consent, date: '24.11.2026' } } },
    { why: 'a consent to a text that there never was', change: { consent: { ...consent, text: 'banana' } } },
    { why: 'a key with a line break, which would end the header', change: { apiKey: 'abc\nx: y' } },
    { why: 'an empty key, as an unset variable leaves it', change: { apiKey: '' } },
    { why: 'a key file that depends on where the process runs', change: { apiKeyFrom: { file: 'key.txt' } } },
    { why: 'an unknown field', change: { apikey: 'abc' } },
  ])('refuses $why', ({ change }) => {
    expect(connectionConfig.safeParse({ ...complete, ...change }).success).toBe(false);
  });

  it('does not repeat a key that it refuses', () => {
    const { error } = connectionConfig.safeParse({ ...complete, apiKey: 'my secret key' });
    expect(error?.issues).toHaveLength(1);
    expect(JSON.stringify(error?.issues)).not.toContain('my secret key');
  });

  it('parts the secret from what may be shown', () => {
    const { settings, apiKey } = partSecret(connectionConfig.parse(complete));
    expect(apiKey).toBe(complete.apiKey);
    expect(JSON.stringify(settings)).not.toContain(complete.apiKey);
  });
});
