import Table from 'cli-table3';
import pc from 'picocolors';
import type { ExportRun } from '../exports/plan.ts';
import type { RejectedRow, SourceLoad } from '../sources/loaded-source.ts';
import type { WorkspaceChange } from '../workspace/apply-workspace.ts';
import type { RunException } from '../exports/run-exceptions.ts';
import { presentRecord, presentRun } from './present-run.ts';
import { reasonText } from '../app/reason-texts.ts';
import { safeText } from './safe-text.ts';

const n = (value: number): string => value.toLocaleString('en-US');

/** Columns without lines around them: they read well, and a script can cut them. Cells are other people's text. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const numeric = head.map(
    (_, index) => rows.length > 0 && rows.every((row) => typeof row[index] === 'number'),
  );
  const drawn = new Table({
    head: head.map((text) => pc.dim(text)),
    chars: Object.fromEntries(
      [
        'top',
        'top-mid',
        'top-left',
        'top-right',
        'bottom',
        'bottom-mid',
        'bottom-left',
        'bottom-right',
        'left',
      ]
        .concat(['left-mid', 'mid', 'mid-mid', 'right', 'right-mid'])
        .map((place) => [place, ''])
        .concat([['middle', '  ']]),
    ),
    style: { 'padding-left': 0, 'padding-right': 0, head: [], border: [] },
    colAligns: numeric.map((right) => (right ? 'right' : 'left')),
  });
  drawn.push(...rows.map((row) => row.map((cell) => (typeof cell === 'number' ? n(cell) : safeText(cell)))));
  return drawn
    .toString()
    .split('\n')
    .map((line) => `  ${line.trimEnd()}`)
    .join('\n');
}

export function presentWorkspaceChanges(changes: readonly WorkspaceChange[], dryRun: boolean): string {
  if (changes.length === 0) return 'Nothing to change: the workspace is as the file says.';
  const mark = { created: pc.green('+'), changed: pc.yellow('~'), removed: pc.red('-'), kept: pc.dim('=') };
  const lines = changes.map(
    ({ kind, id, change }) =>
      `  ${mark[change]} ${kind === 'setting' ? id : `${kind} ${id}`}${change === 'kept' ? pc.dim('  not in the file; --prune removes it') : ''}`,
  );
  return [dryRun ? 'Would change:' : 'Changed:', ...lines].join('\n');
}

export function presentSources(loads: readonly SourceLoad[]): string {
  if (loads.length === 0) return 'No source has been loaded yet: postrider refresh --until sources';
  const erased = loads.some((load) => load.suppressed > 0);
  return table(
    ['source', 'rows', 'rejected', ...(erased ? ['erased'] : []), 'columns', 'loaded'],
    loads.map((load) => [
      load.source,
      load.rows,
      load.rejected,
      ...(erased ? [load.suppressed] : []),
      load.columns.length,
      load.loadedAt.slice(0, 16).replace('T', ' '),
    ]),
  );
}

export function presentRejected(rows: readonly RejectedRow[]): string {
  if (rows.length === 0) return 'No row was rejected.';
  return table(
    ['file', 'line', 'column', 'why'],
    rows.map((row) => [row.file, row.line, row.column ?? '', row.reason]),
  );
}

export function presentRuns(runs: readonly ExportRun[]): string {
  if (runs.length === 0) return 'No plans or runs yet: postrider plan EXPORT';
  return table(
    ['run', 'export', 'status', 'made', 'added', 'changed', 'left', 'seconds', ''],
    runs.map((run) => [
      run.run,
      run.export,
      run.status,
      run.madeAt.slice(0, 16).replace('T', ' '),
      run.people.add,
      run.people.update,
      run.people.leave,
      Math.round(run.seconds),
      run.release === null ? (run.brake?.code ?? run.failure?.code ?? '') : `released by ${run.release.by}`,
    ]),
  );
}

export function presentRunDetails(run: ExportRun, exceptions: readonly RunException[]): string {
  const text = presentRun(run) + presentRecord(run);
  if (exceptions.length === 0) return text;
  const rows = exceptions.map(({ email, result, reason, detail }) => [
    email === '' ? '(no address)' : email,
    result === 'keptOut' ? 'kept out' : result,
    reasonText(reason).what,
    detail ?? '',
  ]);
  return `${text}\n\n${table(['person', 'ended', 'why', 'Mailchimp said'], rows)}`;
}
