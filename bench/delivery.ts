import { bareLoop } from './bare-loop.ts';
import type { Benchmark, Measurement } from './benchmark.ts';
import { deliveredBatches } from './delivered-batches.ts';
import type { AudienceName, Line } from './line.ts';
import { sdkBatchLoop } from './sdk-batch-loop.ts';
import { batchesSent, latency, rate, sendPeople, speedOf } from './send-people.ts';

/** Mailchimp's ceiling, and its largest batch. */
const connections = 10;
const batch = 500;
const farMs = 200;
/** The loops need no more to show their speed, and the SDK's takes its time. */
const mostLooped = 50_000;
const mostLoopedFar = 5_000;

/**
 * How fast people are sent to a server in a process of its own, beside two other clients with the same people: the
 * batch loop of Mailchimp's own SDK, and a bare loop that remembers nothing. All are timed at the server.
 */
export const delivery: Benchmark = {
  name: 'delivery',
  run: async (line) => [await far(line), await near(line)],
};

async function far(line: Line): Promise<Measurement> {
  const sent = await sendPeople(line, 'far', farMs);
  const bound = (people: number) => (people / (connections * batch)) * (farMs / 1000);
  const percent = (share: number) => `${(100 * share).toFixed(0)} %`;
  const bare = await looped(line, 'far', 'bareFar', line.people, farMs);
  const sdk = await looped(line, 'far', 'sdkFar', mostLoopedFar, farMs);
  return {
    work: `delivery at ${farMs} ms, ${connections} connections`,
    figure: [
      speedOf(line, sent),
      `the bare loop ${percent(bound(bare.people) / bare.seconds)}`,
      `the SDK's ${percent(bound(sdk.people) / sdk.seconds)}`,
      `the run with all else ${sent.run.seconds.toFixed(1)} s`,
    ].join('; '),
    value: bound(line.people) / sent.seconds,
    target: {
      better: 'more',
      bar: 0.8,
      goal: 0.95,
      show: (share) => `${percent(share)} of the bound`,
    },
  };
}

async function near(line: Line): Promise<Measurement> {
  const sent = await sendPeople(line, 'near', 0);
  const bare = await looped(line, 'near', 'bareNear', mostLooped, 0);
  const sdk = await looped(line, 'near', 'sdkNear', mostLooped, 0);
  return {
    work: 'delivery at 0 ms',
    figure: [
      speedOf(line, sent),
      `the bare loop ${rate(bare.people, bare.seconds)}`,
      `the SDK's ${rate(sdk.people, sdk.seconds)}`,
    ].join('; '),
    value: sdk.seconds / sdk.people / (sent.seconds / line.people),
    target: {
      better: 'more',
      bar: 3,
      goal: 6,
      show: (times) => `${times.toFixed(1)} × the SDK's loop`,
    },
  };
}

/** Sends to another audience what a run has brought to one. */
async function looped(
  line: Line,
  from: AudienceName,
  to: Extract<AudienceName, `bare${string}` | `sdk${string}`>,
  most: number,
  latencyMs: number,
): Promise<{ people: number; seconds: number }> {
  line.say(`the same to ${to}`);
  const sandbox = await line.sandbox();
  const batches = await deliveredBatches(sandbox, from, Math.min(most, line.people));
  await sandbox.control.resetCounters();
  await sandbox.control.setLatency(latency(latencyMs));
  if (to.startsWith('bare')) await bareLoop(sandbox, to, batches, connections);
  else await sdkBatchLoop(sandbox, to, batches);
  await sandbox.control.setLatency(latency(0));
  const { seconds } = await batchesSent(line, to);
  return { people: batches.flat().length, seconds };
}
