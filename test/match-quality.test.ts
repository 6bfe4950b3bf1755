import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fake, febrlWithNumber, febrlWithoutNumber } from '../bench/match-configs.ts';
import { matchData, only, readFake1000, readFebrl4 } from '../bench/match-data.ts';
import { byProposedRules, matchQuality } from '../bench/match-quality.ts';

/**
 * The bars of DESIGN §8 for a score and for the rules that are proposed, on the half of the people that no default was chosen by; `npm run bench -- match`
 * prints all figures.
 */
describe.skipIf(!existsSync(join(matchData, 'fake-1000')))('fake_1000', () => {
  it.each(['a score', 'the rules that are proposed'])(
    'is deduplicated by %s',
    { timeout: 60_000 },
    async (by) => {
      const records = only('test', readFake1000());
      const config = by === 'a score' ? fake : await byProposedRules(records, fake);
      const { f1, precision } = await matchQuality(records, config);
      expect(precision).toBeGreaterThanOrEqual(0.98);
      expect(f1).toBeGreaterThanOrEqual(0.85);
    },
  );

  it('has nobody joined where everybody is there once', { timeout: 60_000 }, async () => {
    const once = readFake1000().map((each) => ({
      ...each,
      rows: [...Map.groupBy(each.rows, ({ person }) => person).values()].flatMap(([first]) => first ?? []),
    }));
    expect(await matchQuality(once, fake)).toMatchObject({ pairs: 0, joined: 0 });
  });
});

describe.skipIf(!existsSync(join(matchData, 'febrl4')))('febrl4', () => {
  it.each([
    ['with soc_sec_id', febrlWithNumber, 0.985],
    ['without soc_sec_id', febrlWithoutNumber, 0.95],
  ])('is linked %s', { timeout: 60_000 }, async (_, config, bar) => {
    const records = only('test', readFebrl4());
    expect((await matchQuality(records, config)).f1).toBeGreaterThanOrEqual(bar);
    const byRules = await matchQuality(records, await byProposedRules(records, config));
    expect(byRules.f1).toBeGreaterThanOrEqual(bar);
  });
});
