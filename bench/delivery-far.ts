import type { Benchmark } from './benchmark.ts';
import { sendPeople, speedOf } from './send-people.ts';

const latencyMs = 200;
/** Mailchimp's ceiling, and its largest batch. */
const connections = 10;
const batch = 500;

/** How much of what ten connections can carry at most a run carries, where every answer takes 200 ms. */
export const deliveryFar: Benchmark = {
  name: 'delivery-far',
  async run(line) {
    const sent = await sendPeople(line, 'far', latencyMs);
    const bound = (line.people / (connections * batch)) * (latencyMs / 1000);
    return [
      {
        work: `delivery at ${latencyMs} ms, ${connections} connections`,
        figure: `${speedOf(line, sent)}; the run with all else ${sent.run.seconds.toFixed(1)} s, ${((100 * bound) / sent.run.seconds).toFixed(0)} %`,
        value: bound / sent.seconds,
        target: {
          better: 'more',
          bar: 0.8,
          goal: 0.95,
          show: (share) => `${(share * 100).toFixed(0)} % of the bound`,
        },
      },
    ];
  },
};
