import { liveCounts } from '../src/segments/live-count.ts';
import { perMillion, secondsPerMillion, type Benchmark } from './benchmark.ts';
import { withOrderShop } from './order-shop.ts';

/**
 * How long the slowest of the sample's segments takes to count when it is opened in an editor: the whole and every
 * rule, over people and their orders, five order lines to a person. Nothing is remembered but who is who.
 */
export const segmentCount: Benchmark = {
  name: 'segment-count',
  run: (line) =>
    withOrderShop(line, async ({ engine, catalogue, segments, people, orderLines }) => {
      line.say('counting segments');
      const known = await catalogue();
      const counted: { id: string; seconds: number }[] = [];
      for (const [id, { rules = { rules: [] } }] of segments) {
        // Another day for every round: what was counted for one is no answer for the other.
        const counts = (round: number) =>
          liveCounts(
            engine,
            known,
            { rules, asOf: `2026-06-1${round}` },
            { now: new Date(), timeZone: 'UTC' },
          );
        // The first one brings the columns in from the file, as opening the editor does.
        await counts(0);
        const began = performance.now();
        for (let round = 1; round <= rounds; round += 1) await counts(round);
        counted.push({ id, seconds: (performance.now() - began) / 1000 / rounds });
      }
      const slowest = counted.toSorted((a, b) => b.seconds - a.seconds)[0];
      if (slowest === undefined) return [];
      return [
        {
          work: 'segment count while editing',
          figure: `"${slowest.id}" in ${(slowest.seconds * 1000).toFixed(0)} ms over ${people.toLocaleString('en-US')} people and ${orderLines.toLocaleString('en-US')} order lines`,
          value: perMillion(slowest.seconds, people),
          target: secondsPerMillion(1, 0.2),
        },
      ];
    }),
};

const rounds = 5;
