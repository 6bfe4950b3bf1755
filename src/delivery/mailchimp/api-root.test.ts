import { describe, expect, it } from 'vitest';
import { apiRootFor } from './api-root.ts';

describe('apiRootFor', () => {
  it.each([
    ['0123456789abcdef-us21', undefined, 'https://us21.api.mailchimp.com/3.0'],
    ['0123456789abcdef-us6\n', '', 'https://us6.api.mailchimp.com/3.0'],
    ['any', 'http://127.0.0.1:4010/3.0/', 'http://127.0.0.1:4010/3.0'],
    ['any-us1', 'https://api.mailchimp.com/3.0', 'https://api.mailchimp.com/3.0'],
  ])('%j with %j → %s', (token, override, root) => {
    expect(apiRootFor(token, override)).toBe(root);
  });

  it.each([
    ['secrettoken', undefined, 'no_data_center'],
    ['secrettoken-evil.example/', undefined, 'no_data_center'],
    ['secrettoken', 'ftp://host/3.0', 'bad_api_root'],
    ['secrettoken', 'us21', 'bad_api_root'],
    ['secrettoken', 'https://user:pass@host/3.0', 'bad_api_root'],
    ['secrettoken', 'https://host/3.0?x=1', 'bad_api_root'],
  ])('refuses %j with %j', (token, override, code) => {
    expect(() => apiRootFor(token, override)).toThrow(
      expect.objectContaining({ code, message: expect.not.stringContaining('secrettoken') }),
    );
  });
});
