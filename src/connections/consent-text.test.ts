import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { consentText, currentConsentVersion } from './consent-text.ts';

const page = readFileSync(new URL('../../docs/consent.md', import.meta.url), 'utf8').replaceAll(/\s+/g, ' ');

it('docs/consent.md has the text that people agree to, word for word', () => {
  const { points } = consentText('v1', 'en');
  points.forEach((point, index) => expect(page).toContain(`${index + 1}. ${point}`));
});

it('is there whole in both languages', () => {
  const [english, romanian] = [
    consentText(currentConsentVersion, 'en'),
    consentText(currentConsentVersion, 'ro'),
  ];
  expect(romanian.points).toHaveLength(english.points.length);
  expect(romanian.title).toBe('Confidențialitatea și conformitatea datelor');
});

it.each(['v0', 'toString', ''])('there is no version %s', (version) => {
  expect(() => consentText(version, 'en')).toThrow(expect.objectContaining({ code: 'consent_unknown' }));
});
