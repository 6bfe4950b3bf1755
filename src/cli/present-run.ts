import pc from 'picocolors';
import type { ContactMeter, Counts, ExportRun } from '../exports/plan.ts';
import { reasonText } from '../app/reason-texts.ts';
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
    brake: run.brake === null ? null : { code: run.brake.code, message: run.brake.message },
    ...(run.kind === undefined || run.kind === 'export' ? {} : { kind: run.kind }),
    ...(run.undoes === undefined ? {} : { undoes: run.undoes }),
    ...(run.continues === undefined ? {} : { continues: run.continues }),
    ...(run.failure === null ? {} : { failure: run.failure }),
    ...(run.races === undefined ? {} : { races: run.races }),
    ...(run.alerts === undefined ? {} : { alerts: run.alerts }),
    ...(run.warnings.length === 0 ? {} : { warnings: run.warnings }),
  };
}

/** What `runs RUN --json` has beside that document: the numbers behind brake and warnings, as far as they were kept. */
export function runFigures({ brake, contacts, fieldProblems, newFields, tagged }: ExportRun) {
  return {
    ...(brake?.figures === undefined ? {} : { brakeFigures: brake.figures }),
    ...(contacts === undefined ? {} : { contacts }),
    ...(fieldProblems === undefined ? {} : { fieldProblems }),
    ...(newFields === undefined ? {} : { newFields }),
    ...(tagged === undefined ? {} : { tagged }),
  };
}

/** A plan or a finished run as a person reads it: what happens to whom, and how it adds up. */
export function presentRun(run: ExportRun): string {
  const planned = run.status === 'planned' || run.status === 'stopped';
  const { people, changes } = run;
  const lines = [headline(run), ''];
  const row = (count: number, label: string, note = '') =>
    lines.push(`  ${number(count)}  ${label}${note === '' ? '' : pc.dim(`  ${note}`)}`);
  const words = wordsOf(run);
  row(people.desired, pc.bold(words.desired));
  row(people.add, planned ? `would be ${words.added}` : words.added);
  row(people.update, planned ? 'would be changed' : 'changed');
  row(people.unchanged, words.unchanged);
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
    row(people.leave, `${words.leaving}${what === '' ? '' : `: ${what}`}`);
  }
  const operations = [
    count(changes.fields, 'field'),
    count(changes.tag, 'tag given', 'tags given'),
    count(changes.untag, 'tag taken', 'tags taken'),
    count(changes.archive, 'contact archived', 'contacts archived'),
    count(changes.moves ?? 0, 'address changed', 'addresses changed'),
  ].filter((text) => text !== undefined);
  lines.push('', `  ${operations.length === 0 ? 'Nothing to change.' : operations.join(', ')}`);
  if (planned && run.contacts !== undefined) lines.push(`  ${meter(run.contacts)}`);
  lines.push(pc.dim(`  ${run.requests} requests, ${run.retries} repeated, ${run.seconds.toFixed(1)} s`));
  if (run.races !== undefined) {
    lines.push(`  ${count(run.races, 'person')} left while being sent, and out again.`);
  }
  for (const alert of run.alerts ?? []) {
    const people = `${alert.people.toLocaleString('en-US')} people`;
    lines.push(`  ${pc.red('!')} ${people}: ${safeText(alert.text)} ${pc.dim(`(${alert.code})`)}`);
  }
  for (const warning of run.warnings) lines.push(`  ${pc.yellow('!')} ${safeText(warning)}`);
  if (planned && (run.tagged ?? 0) > 0) {
    const people = count(run.tagged ?? 0, 'person gets', 'people get');
    lines.push(`  ${pc.yellow('!')} ${people} a tag: automations that start with it start for them.`);
  }
  lines.push(...next(run));
  return lines.join('\n');
}

/** What the same counts mean in a run of each kind. */
function wordsOf({ kind = 'export' }: ExportRun) {
  switch (kind) {
    case 'export':
      return {
        desired: 'people are wanted in the audience',
        added: 'added',
        unchanged: 'are there as they should be',
        leaving: 'no longer wanted',
      };
    case 'undo':
      return {
        desired: 'people of that run stay in the audience',
        added: 'brought back from the archive',
        unchanged: 'are as they were before it',
        leaving: 'came by that run',
      };
    case 'withdraw':
      return {
        desired: 'people keep our tags',
        added: 'added',
        unchanged: 'unchanged',
        leaving: 'exported before',
      };
    default:
      throw new Error(`no words for ${String(kind satisfies never)}`);
  }
}

/** What stays on record of a run: which brake held it, who let it go and why; and since when its people are gone. */
export function presentRecord({ brake, release, trimmedAt }: ExportRun): string {
  const lines: string[] = [];
  if (release !== null) {
    const when = release.at.slice(0, 16).replace('T', ' ');
    lines.push(`  Held by a brake: ${safeText(brake?.message ?? '')} ${pc.dim(`(${brake?.code ?? ''})`)}`);
    lines.push(`  Let go by ${safeText(release.by)} on ${when}: ${safeText(release.why)}`);
  }
  if (trimmedAt !== undefined)
    lines.push(
      `  Its people were removed on ${trimmedAt.slice(0, 10)}, because of its age; the counts stay.`,
    );
  return lines.length === 0 ? '' : `\n\n${lines.join('\n')}`;
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

/** Contacts that Mailchimp bills, before and after, as far as a plan can tell. */
function meter({ audience, account, limit }: ContactMeter): string {
  const text = (count: number) => count.toLocaleString('en-US');
  const elsewhere = account.now === audience.now ? '' : ` with the account’s other audiences`;
  const allowed = limit === null ? '' : `, limit ${text(limit)}`;
  return `contacts${elsewhere}: ${text(account.now)} now, ${text(account.after)} after${allowed}`;
}

function headline(run: ExportRun): string {
  const of = run.undoes === undefined ? '' : `, which takes back run ${run.undoes}`;
  const what = `${run.export}, run ${run.run}${of}`;
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
  const command = run.undoes === undefined ? `run ${run.export}` : `undo ${run.undoes}`;
  const lines: string[] = [];
  if (run.brake !== null && run.release === null) {
    lines.push(
      '',
      `  ${pc.yellow('Brake')}: ${safeText(run.brake.message)} ${pc.dim(`(${run.brake.code})`)}`,
    );
    lines.push(`  If that is right: postrider release ${run.run} "why"`);
  } else if (run.status === 'planned') {
    lines.push('', `  To carry out exactly this: postrider ${command} --plan ${run.run}`);
  }
  if (run.failure !== null) {
    lines.push('', `  ${safeText(run.failure.message)} ${pc.dim(`(${run.failure.code})`)}`);
    if (run.failure.hint !== undefined) lines.push(`  ${safeText(run.failure.hint)}`);
  }
  if (endedEarly(run)) {
    lines.push(`  To do exactly what is left: postrider run ${run.export} --plan ${run.run}`);
  }
  if (run.status === 'running') lines.push(`  Start it again to finish it: postrider ${command}`);
  return lines;
}

/** Whether the run left people of its plan for another one to go on with. */
function endedEarly({ status, undoes, people }: ExportRun): boolean {
  return (
    (status === 'failed' || status === 'cancelled') &&
    undoes === undefined &&
    (people.failed.not_sent ?? 0) > 0
  );
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
