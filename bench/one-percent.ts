import type { Benchmark } from './benchmark.ts';
import type { RunDocument } from './line.ts';
import { writeCalls } from './write-calls.ts';

/** One person in a hundred has another name and another answer to a question that decides about a tag. */
export const onePercent: Benchmark = {
  name: 'one-percent',
  async run(line) {
    await line.firstRun();
    line.say('one percent changes, and a run');
    await line.change(100);
    const { control } = await line.sandbox();
    await control.resetCounters();
    const { document: run } = await line.postrider<RunDocument>('run', 'whole');
    const { writes } = await control.counters();
    const changed = Math.ceil(line.people / 100);
    const tagsTouched = 1;
    return [
      {
        work: '1 % changed',
        figure: `${run.people.update.toLocaleString('en-US')} updated, ${run.changes.tag} tags given, ${run.changes.untag} taken`,
        value: writes,
        target: writeCalls(Math.ceil(changed / 500) * (1 + tagsTouched)),
      },
    ];
  },
};
