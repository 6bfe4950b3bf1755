import Table from 'cli-table3';
import type { SegmentId } from '../src/base/ids.ts';
import { liveCounts } from '../src/segments/live-count.ts';
import { refreshSegments } from '../src/segments/refresh-segments.ts';
import { segmentConfig, type SegmentConfig } from '../src/segments/segment-config.ts';
import { perMillion, secondsPerMillion, type Benchmark } from './benchmark.ts';
import { withOrderShop } from './order-shop.ts';
import { thirtySegments } from './thirty-segments.ts';

/**
 * Thirty segments: how long an editor waits for the counts of one that it opens, how long when it asks
 * for the same again, and how long a refresh takes.
 */
export const segments: Benchmark = {
  name: 'segments',
  run: (line) =>
    withOrderShop(line, async ({ engine, catalogue, people, orderLines }) => {
      const first = configs(0);
      const known = await catalogue(first);
      const options = { now: new Date(), timeZone: 'Europe/Bucharest' };

      line.say('counting thirty segments');
      // The first numbers the people, and brings the columns in from the file.
      const began = performance.now();
      for (const { rules = { rules: [] } } of first.values())
        await liveCounts(engine, known, { rules }, options);
      const warmUp = performance.now() - began;
      const table = new Table({
        head: ['segment', 'people', 'counted', 'again', 'refreshed'],
        style: { head: [], border: [] },
      });
      let slowest = { id: '', seconds: 0 };
      for (const [index, id] of [...first.keys()].entries()) {
        let fresh = 0;
        let again = 0;
        let found = 0;
        for (let round = 0; round < rounds; round += 1) {
          // No two segments share a rule, so that each is counted in full.
          const rules = configs(1 + index * rounds + round).get(id)?.rules ?? {
            combinator: 'and',
            rules: [],
          };
          const count = () => timed(() => liveCounts(engine, known, { rules }, options));
          const once = await count();
          found = once.value.people;
          fresh += once.seconds / rounds;
          again += (await count()).seconds / rounds;
        }
        const refreshed = await timed(() =>
          refreshSegments(engine, first, known, { ...options, only: [id] }),
        );
        if (fresh > slowest.seconds) slowest = { id, seconds: fresh };
        table.push([id, found.toLocaleString('en-US'), ms(fresh), ms(again), ms(refreshed.seconds)]);
      }
      const all = await timed(() => refreshSegments(engine, first, known, options));
      console.log(table.toString());
      const peak = process.resourceUsage().maxRSS / 1024;
      const size = `${people.toLocaleString('en-US')} people, ${orderLines.toLocaleString('en-US')} order lines`;
      return [
        {
          work: 'live count, slowest of 30',
          figure: `"${slowest.id}" in ${ms(slowest.seconds)}; ${size}; all thirty from cold in ${(warmUp / 1000).toFixed(1)} s`,
          value: perMillion(slowest.seconds, people),
          target: secondsPerMillion(1, 0.2),
        },
        {
          work: 'refresh of 30 segments',
          figure: `${all.seconds.toFixed(1)} s; peak memory of the process ${peak.toFixed(0)} MB`,
          value: perMillion(all.seconds, people),
          target: secondsPerMillion(60, 30),
        },
      ];
    }),
};

const rounds = 2;

function configs(turn: number): Map<SegmentId, SegmentConfig> {
  return new Map(
    thirtySegments(turn).map(([name, rules]) => [name as SegmentId, segmentConfig.parse({ name, rules })]),
  );
}

async function timed<T>(work: () => Promise<T>): Promise<{ value: T; seconds: number }> {
  const began = performance.now();
  const value = await work();
  return { value, seconds: (performance.now() - began) / 1000 };
}

function ms(seconds: number): string {
  return `${(seconds * 1000).toFixed(0)} ms`;
}
