import { allRequests } from './all-requests.ts';
import type { AudienceName, ExportName, Line, RunDocument } from './line.ts';

/** What a run looked like from the other side. */
export interface Sent {
  /** From the first batch's arrival to the end of the last one's answer, in seconds. */
  seconds: number;
  batches: number;
  run: RunDocument;
  /** CPU time of the whole process for each batch in ms, start and end of the run included. */
  cpuPerBatch: number | undefined;
}

/** Carries out a stored plan for an empty audience that answers after `latencyMs`, and times its batches. */
export async function sendPeople(line: Line, audience: ExportName, latencyMs: number): Promise<Sent> {
  await line.unified();
  line.say(`sending to an audience that answers after ${latencyMs} ms`);
  const { control } = await line.sandbox();
  const plan = await line.postrider<RunDocument>('plan', audience);
  await control.resetCounters();
  await control.setLatency(latency(latencyMs));
  const ran = await line.postrider<RunDocument>('run', audience, '--plan', plan.document.run);
  await control.setLatency(latency(0));
  const sent = await batchesSent(line, audience);
  const cpu = ran.used?.cpuSeconds;
  return {
    ...sent,
    run: ran.document,
    cpuPerBatch: cpu === undefined ? undefined : (cpu * 1000) / sent.batches,
  };
}

export function latency(ms: number): { kind: 'none' } | { kind: 'fixed'; ms: number } {
  return ms === 0 ? { kind: 'none' } : { kind: 'fixed', ms };
}

/** When the batches of an audience were at the server since the counters were reset. */
export async function batchesSent(
  line: Line,
  audience: AudienceName,
): Promise<Pick<Sent, 'seconds' | 'batches'>> {
  const { control } = await line.sandbox();
  const batches = (await allRequests(control)).filter(
    ({ method, path }) => method === 'POST' && path.split('?')[0] === `/lists/${audience}`,
  );
  const begins = batches.map(({ at }) => Date.parse(at));
  const ends = batches.map(({ at, ms }) => Date.parse(at) + (ms ?? 0));
  return { seconds: (Math.max(...ends) - Math.min(...begins)) / 1000, batches: batches.length };
}

/** How fast that was, and what it took of the machine. */
export function speedOf(line: Line, { seconds, cpuPerBatch }: Sent): string {
  const cpu = cpuPerBatch === undefined ? '' : `, ${cpuPerBatch.toFixed(0)} ms of CPU for 500`;
  return `${rate(line.people, seconds)}${cpu}`;
}

export function rate(people: number, seconds: number): string {
  return `${Math.round(people / seconds).toLocaleString('en-US')} people/s`;
}
