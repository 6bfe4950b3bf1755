import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

it('every fact about Mailchimp that is cited is on its page', () => {
  const page = readFileSync(`${root}docs/mailchimp-facts.md`, 'utf8');
  const places = new Set<string>();
  for (const [, section = '', text = ''] of page.matchAll(/^## (\d+)\. ([^]*?)(?=^## |$(?![^]))/gm)) {
    places.add(section);
    for (const [, item = ''] of text.matchAll(/^(\d+)\. /gm)) places.add(`${section}.${item}`);
  }
  const cited = new Set<string>();
  for (const file of globSync('{src,test}/**/*.{ts,tsx}', { cwd: root })) {
    const source = readFileSync(root + file, 'utf8');
    for (const [list] of source.matchAll(/FACTS (?:§[\d.]+\d|§\d)(?:(?:, |–)(?:§?[\d.]+\d|§?\d))*/g))
      for (const [place] of list.matchAll(/\d+(?:\.\d+)?/g)) cited.add(place);
  }
  expect(cited.size).toBeGreaterThan(20);
  expect([...cited.difference(places)]).toEqual([]);
});
