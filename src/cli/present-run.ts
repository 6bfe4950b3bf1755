import pc from 'picocolors';
import type { Counts, ExportRun } from '../exports/plan.ts';
import { reasonText } from './reason-texts.ts';
import { safeText } from './safe-text.ts';

/** The document that `plan --json`, `run --json` and `release --json` print: DESIGN §6, to the letter. */
export function runDocument(run: ExportRun) {
  const { people, changes } = run;
  return {
    run: run.run,
    export: run.export,
    status: run.status === 'running' ? 'failed' : run.status,
    people,
    changes,
    requests: run.requests,
    retries: run.retries,
    seconds: Math.round(run.seconds * 1000) / 1000,
    brake: run.brake,
    ...(run.failure === null ? {} : { failure: run.failure }),
    ...(run.warnings.length === 0 ? {} : { warnings: run.warnings }),
  };
}

/** A plan or a finished run as a person reads it: what happens to whom, and how it adds up. */
export function presentRun(run: ExportRun): string {
  const planned = run.status === 'planned' || run.status === 'stopped';
  const { people, changes } = run;
  const lines = [headline(run), ''];
  const row = (count: number, label: string, note = '') =>
    lines.push(`  ${number(count)}  ${label}${note === '' ? '' : pc.dim(`  ${note}`)}`);
  row(people.desired, pc.bold('people are wanted in the audience'));
  row(people.add, planned ? 'would be added' : 'added');
  row(people.update, planned ? 'would be changed' : 'changed');
  row(people.unchanged, 'are there as they should be');
  for (const [kind, counts] of [
    ['kept out', people.keptOut],
    ['rejected', people.rejected],
    ['failed', people.failed],
  ] as const) {
    for (const [reason, count] of sorted(counts))
      row(count, `${kind}: ${reasonText(reason).what}`, reasonText(reason).cure);
  }
  if (people.leave > 0) {
    lines.push('');
    const what = fateOfLeavers(run, planned);
    row(people.leave, `no longer wanted${what === '' ? '' : `: ${what}`}`);
  }
  const operations = [
    count(changes.fields, 'field'),
    count(changes.tag, 'tag given', 'tags given'),
    count(changes.untag, 'tag taken', 'tags taken'),
    count(changes.archive, 'contact archived', 'contacts archived'),
  ].filter((text) => text !== undefined);
  lines.push('', `  ${operations.length === 0 ? 'Nothing to change.' : operations.join(', ')}`);
  lines.push(pc.dim(`  ${run.requests} requests, ${run.retries} repeated, ${run.seconds.toFixed(1)} s`));
  for (const warning of run.warnings) lines.push(`  ${pc.yellow('!')} ${safeText(warning)}`);
  lines.push(...next(run));
  return lines.join('\n');
}

/** What happens to leavers, as far as it is counted: an export may also keep them as they are. */
function fateOfLeavers({ changes: { untag, archive }, leavers }: ExportRun, planned: boolean): string {
  const fates: string[] = [];
  // People who stay lose tags too, and are counted with the others.
  if (untag > 0 && leavers !== 'keep') fates.push(planned ? 'would lose our tags' : 'lost our tags');
  if (archive > 0)
    fates.push(`${archive.toLocaleString('en-US')} ${planned ? 'would be archived' : 'archived'}`);
  return fates.join(', ');
}

function headline(run: ExportRun): string {
  const what = `${run.export}, run ${run.run}`;
  switch (run.status) {
    case 'planned':
      return `${pc.bold('Plan')} of ${what}: nothing has been sent.`;
    case 'stopped':
      return `${pc.yellow('Stopped')} before the first write: ${what}.`;
    case 'succeeded':
      return `${pc.green('Done')}: ${what}.`;
    case 'running':
      return `${pc.red('Cut off')}: ${what}.`;
    case 'failed':
      return `${pc.red('Failed')}: ${what}.`;
    case 'cancelled':
      return `${pc.yellow('Cancelled')}: ${what}.`;
    default:
      throw new Error(`no words for ${String(run.status satisfies never)}`);
  }
}

function next(run: ExportRun): string[] {
  const lines: string[] = [];
  if (run.brake !== null && run.release === null) {
    lines.push('', `  ${pc.yellow('Brake')}: ${run.brake.message} ${pc.dim(`(${run.brake.code})`)}`);
    lines.push(`  If that is right: postrider release ${run.run} "why"`);
  } else if (run.status === 'planned') {
    lines.push('', `  To carry out exactly this: postrider run ${run.export} --plan ${run.run}`);
  }
  if (run.failure !== null) {
    lines.push('', `  ${run.failure.message} ${pc.dim(`(${run.failure.code})`)}`);
    if (run.failure.hint !== undefined) lines.push(`  ${run.failure.hint}`);
  }
  if (run.status === 'running') lines.push(`  Start it again to finish it: postrider run ${run.export}`);
  return lines;
}

function sorted(counts: Counts): [string, number][] {
  return Object.entries(counts).toSorted(([, a], [, b]) => b - a);
}

function number(value: number): string {
  return value.toLocaleString('en-US').padStart(11);
}

function count(value: number, one: string, many = `${one}s`): string | undefined {
  return value === 0 ? undefined : `${value.toLocaleString('en-US')} ${value === 1 ? one : many}`;
}
