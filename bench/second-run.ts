import { allRequests } from './all-requests.ts';
import { perMillion, secondsPerMillion, type Benchmark } from './benchmark.ts';
import type { Line, RunDocument } from './line.ts';
import { writeCalls } from './write-calls.ts';

/** A run over people who are all in the audience as they should be. */
export const secondRun: Benchmark = {
  name: 'second-run',
  async run(line) {
    await line.firstRun();
    line.say('second run, nothing changed');
    const { control } = await line.sandbox();
    await control.resetCounters();
    const { document: run } = await line.postrider<RunDocument>('run', 'whole');
    const { writes } = await control.counters();
    const reading = await secondsOfReading(line);
    const beside = run.seconds - reading;
    return [
      {
        work: 'second run, nothing changed',
        figure: `${run.people.unchanged.toLocaleString('en-US')} unchanged`,
        value: writes,
        target: writeCalls(0),
      },
      {
        work: 'second run, beside the audience read',
        figure: `${beside.toFixed(2)} s, and ${reading.toFixed(2)} s of reading`,
        value: perMillion(beside, line.people),
        target: secondsPerMillion(10, 3),
      },
    ];
  },
};

/** From the first page that was asked for to the last that was answered. */
async function secondsOfReading(line: Line): Promise<number> {
  const { control } = await line.sandbox();
  const pages = (await allRequests(control)).filter(({ path }) => path.includes('/members'));
  const begins = pages.map(({ at }) => Date.parse(at));
  const ends = pages.map(({ at, ms }) => Date.parse(at) + (ms ?? 0));
  return (Math.max(...ends) - Math.min(...begins)) / 1000;
}
