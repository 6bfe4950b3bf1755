import { availableParallelism, loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { medians, verdictOf, type Benchmark, type Measurement } from './benchmark.ts';
import { delivery } from './delivery.ts';
import { Line } from './line.ts';
import { match } from './match.ts';
import { memory } from './memory.ts';
import { onePercent } from './one-percent.ts';
import { secondRun } from './second-run.ts';
import { segmentCount } from './segment-count.ts';
import { segments } from './segments.ts';
import { server } from './server.ts';
import { start } from './start.ts';
import { unify } from './unify.ts';

// In this order: each finds what the ones before it left, and one percent changes at the end.
const benchmarks: readonly Benchmark[] = [
  unify,
  memory,
  secondRun,
  start,
  server,
  delivery,
  onePercent,
  segmentCount,
  segments,
  match,
];

const usage = `node bench/main.ts [NAME…] [--people N] [--runs N]

Measures what Postrider holds itself to, each as a ratio within one run, beside its bar and its goal. 100,000
people unless told otherwise; bars and goals are set for --people 1000000. Of several runs, each on people of its own,
the medians are shown. Names: ${benchmarks.map(({ name }) => name).join(', ')}.`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    people: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});
const people = Number(values.people);
const runs = Number(values.runs);
const isUsable = Number.isInteger(people) && people >= 1000 && Number.isInteger(runs) && runs >= 1;
const unknown = positionals.filter((name) => !benchmarks.some((each) => each.name === name));
if (values.help || unknown.length > 0 || !isUsable) {
  console.error(unknown.length > 0 ? `There is no benchmark "${unknown.join('", "')}".\n\n${usage}` : usage);
  process.exit(values.help ? 0 : 2);
}

const loadBefore = loadavg()[0] ?? 0;
const began = performance.now();
const since = () => `${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s`;
const measured: Measurement[][] = [];
for (let run = 1; run <= runs; run++) measured.push(await measure());
console.log(tableOf(medians(measured)));

function tableOf(rows: readonly Measurement[]): string {
  const table = new Table({
    head: ['work', 'measured', 'bar', 'goal', 'reached', 'how'],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    const { work, figure, value, target } = row;
    const { show, bar, goal } = target;
    table.push([work, show(value), show(bar), show(goal), verdictOf(row), figure]);
  }
  // What else ran on the machine slows clients and servers alike: a table made beside other work says so.
  const machine = `${availableParallelism()} cores, load before it ${loadBefore.toFixed(1)}`;
  return `${people.toLocaleString('en-US')} people, ${since().trim()}; ${machine}\n${table.toString()}`;
}

/** Every benchmark that was asked for, on people of its own. */
async function measure(): Promise<Measurement[]> {
  const line = await Line.open(people, (text) => console.error(`${since()}  ${text}`));
  const measurements: Measurement[] = [];
  try {
    for (const benchmark of benchmarks) {
      if (positionals.length === 0 || positionals.includes(benchmark.name)) {
        measurements.push(...(await benchmark.run(line)));
      }
    }
  } finally {
    await line.close();
  }
  return measurements;
}
