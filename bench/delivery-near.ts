import type { Benchmark } from './benchmark.ts';
import { sdkBatchLoop } from './sdk-batch-loop.ts';
import { rate, sendPeople, speedOf } from './send-people.ts';

/** How many times faster than the naive loop, where the network costs nothing. */
export const deliveryNear: Benchmark = {
  name: 'delivery-near',
  async run(line) {
    const sent = await sendPeople(line, 'near', 0);
    const sandbox = await line.sandbox();
    const looped = Math.min(line.people, 100_000);
    line.say('the same by the loop of the documentation');
    const loop = (await sdkBatchLoop(sandbox, 'loop', looped)) / looped;
    return [
      {
        work: 'delivery at 0 ms',
        figure: `${speedOf(line, sent)}, the SDK's batch loop ${rate(1, loop)}`,
        value: loop / (sent.seconds / line.people),
        target: { better: 'more', bar: 3, goal: 6, show: (times) => `${times.toFixed(1)} × the loop` },
      },
    ];
  },
};
