import type { Command } from 'commander';
import { inputError } from '../base/errors.ts';
import { presentColumns } from './present-columns.ts';
import { presentRejected, presentSources } from './present-tables.ts';
import { refuseTogether } from './refuse-together.ts';
import type { Shell } from './shell.ts';
import { wholeNumber } from './whole-number.ts';

interface SourcesOptions {
  columns?: boolean;
  rejected?: boolean;
  csv?: boolean;
  limit: number;
  offset?: number;
}

/** `postrider sources`: what was loaded, what stands in it, and what was set aside. */
export function addSourcesCommand(program: Command, shell: Shell): void {
  program
    .command('sources [name]')
    .description('the sources as last loaded; or of one, the rows that were set aside and why')
    .option('--columns', 'of one source: what stands in its columns')
    .option('--rejected', 'of one source: the rows that were set aside (the default)')
    .option('--csv', 'with --rejected: all of them as CSV, with what stood in them')
    .option('--limit <count>', 'at most this many rows', wholeNumber, 100)
    .option('--offset <count>', 'rows to pass over', wholeNumber)
    .action(async (name: string | undefined, options: SourcesOptions) => {
      refuseContradictions(name, options);
      const app = await shell.app();
      if (name === undefined) {
        const loads = await app.sources();
        shell.show({ sources: loads }, () => presentSources(loads));
        return;
      }
      if (options.columns) {
        const { load, columns } = await app.columnSummary(name);
        shell.show({ source: name, rows: load.rows, columns }, () => presentColumns(load.rows, columns));
        return;
      }
      if (options.csv) {
        for await (const page of app.rejectedCsv(name)) await shell.printPage(page);
        return;
      }
      const rows = await app.rejectedRows(name, { limit: options.limit, offset: options.offset ?? 0 });
      shell.show({ source: name, rejected: rows }, () => presentRejected(rows));
    });
}

function refuseContradictions(name: string | undefined, { columns, rejected, csv }: SourcesOptions): void {
  if (name === undefined && (columns || rejected || csv))
    throw inputError('source_needed', 'Name the source.', 'As in: postrider sources crm --columns');
  refuseTogether(columns && (rejected || csv), '--columns goes with neither --rejected nor --csv.');
}
