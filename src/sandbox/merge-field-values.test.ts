import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MergeFields } from './merge-field.ts';
import type { MergeFieldType } from './merge-field.ts';
import { checkFieldValue, cutToBytes } from './merge-field-values.ts';

const home = { addr1: '1 Main St', city: 'Atlanta', state: 'GA', zip: '30308' };
const field = (type: MergeFieldType, phoneFormat = 'US') =>
  new MergeFields().add({ name: 'X', tag: 'X', type, choices: ['Red', 'Blue'], phoneFormat });

describe('FACTS §7, §9.7: values of merge fields', () => {
  it.each<[MergeFieldType, unknown, unknown]>([
    ['text', 'Ana', 'Ana'],
    ['text', 12, '12'],
    ['text', '', ''],
    ['number', 12.5, 12.5],
    ['number', '12', 12],
    ['number', '', ''],
    ['date', '2026-02-28', '2026-02-28'],
    ['date', '02/28/2026', '2026-02-28'],
    ['date', '2026-02-28T10:00:00Z', '2026-02-28'],
    ['birthday', '2/9', '02/09'],
    ['birthday', '02/29', '02/29'],
    ['zip', '30308', '30308'],
    ['phone', '(404) 555-0100', '(404) 555-0100'],
    ['url', 'https://acme.test/a', 'https://acme.test/a'],
    ['radio', 'Red', 'Red'],
    ['dropdown', '', ''],
    ['address', home, { ...home, addr2: '', country: 'US' }],
    ['address', '1 Main St  Atlanta  GA  30308', { ...home, addr2: '', country: 'US' }],
    ['address', '', ''],
  ])('%s takes %j as %j', (type, sent, stored) => {
    expect(checkFieldValue(field(type), sent, 'en')).toEqual({ kind: 'value', value: stored });
  });

  it.each<[MergeFieldType, unknown, string]>([
    ['number', 'twelve', 'Please enter a number'],
    ['number', ' ', 'Please enter a number'],
    ['address', { addr1: '1 Main St' }, 'Please enter a complete address'],
    ['date', '2026-02-30', 'Please enter a valid date'],
    ['date', 'soon', 'Please enter a valid date'],
    ['birthday', '13/40', 'Please enter a valid month and day'],
    ['zip', '3030', 'Please enter a valid zip code'],
    ['phone', '+40 21 555', 'Please enter a valid phone number'],
    ['url', 'acme', 'Please enter a valid URL'],
    ['radio', 'red', 'Please select one of the choices'],
    ['dropdown', 'Green', 'Please select one of the choices'],
  ])('%s refuses %j: %s', (type, sent, message) => {
    expect(checkFieldValue(field(type), sent, 'en')).toEqual({ kind: 'invalid', message });
  });

  it.each<[MergeFieldType, unknown]>([
    ['text', null],
    ['text', true],
    ['text', ['a']],
    ['text', { a: 1 }],
    ['number', false],
  ])('%s refuses the JSON type of %j', (type, sent) => {
    expect(checkFieldValue(field(type), sent, 'en').kind).toBe('schema');
  });

  it('cuts text to 255 bytes, not characters, and never inside of one', () => {
    expect(cutToBytes('ă'.repeat(200), 255)).toBe('ă'.repeat(127));
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (text) => {
        const cut = cutToBytes(text, 255);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(255);
        expect(Buffer.from(text).toString().startsWith(cut)).toBe(true);
      }),
    );
  });
});
