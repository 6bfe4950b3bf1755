import { describe, expect, it } from 'vitest';
import { pathOf } from './api-request.ts';

describe('pathOf', () => {
  it('fills in and escapes', () => {
    const path = pathOf({
      method: 'GET',
      template: '/lists/{list_id}/members',
      parameters: { list_id: 'a/b?c#d é' },
      query: { status: undefined, offset: 0, since_last_changed: '2026-11-24T06:00:00+00:00' },
    });
    expect(path).toBe(
      '/lists/a%2Fb%3Fc%23d%20%C3%A9/members?offset=0&since_last_changed=2026-11-24T06%3A00%3A00%2B00%3A00',
    );
  });

  it.each(['', '.', '..', undefined])('refuses %j, which would name another resource', (value) => {
    const parameters: Record<string, string> = value === undefined ? {} : { list_id: value };
    expect(() => pathOf({ method: 'GET', template: '/lists/{list_id}', parameters })).toThrow('list_id');
  });
});
