import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fake, febrlWithNumber, febrlWithoutNumber } from '../bench/match-configs.ts';
import { matchData, only, readFake1000, readFebrl4 } from '../bench/match-data.ts';
import { matchQuality } from '../bench/match-quality.ts';

/**
 * The bars of DESIGN §8 for a score, on the half of the people that no default was chosen by; `npm run bench -- match`
 * prints all figures.
 */
describe.skipIf(!existsSync(join(matchData, 'fake-1000')))('fake_1000', () => {
  it('is deduplicated by a score', { timeout: 60_000 }, async () => {
    const { f1, precision } = await matchQuality(only('test', readFake1000()), fake.score);
    expect(precision).toBeGreaterThanOrEqual(0.98);
    expect(f1).toBeGreaterThanOrEqual(0.85);
  });

  it('has nobody joined where everybody is there once', { timeout: 60_000 }, async () => {
    const once = readFake1000().map((each) => ({
      ...each,
      rows: [...Map.groupBy(each.rows, ({ person }) => person).values()].flatMap(([first]) => first ?? []),
    }));
    expect(await matchQuality(once, fake.score)).toMatchObject({ pairs: 0, joined: 0 });
  });
});

describe.skipIf(!existsSync(join(matchData, 'febrl4')))('febrl4', () => {
  it.each([
    ['with soc_sec_id', febrlWithNumber, 0.985],
    ['without soc_sec_id', febrlWithoutNumber, 0.95],
  ])('is linked by a score %s', { timeout: 60_000 }, async (_, { score }, bar) => {
    const { f1 } = await matchQuality(only('test', readFebrl4()), score);
    expect(f1).toBeGreaterThanOrEqual(bar);
  });
});
