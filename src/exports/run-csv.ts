import { changeCells, changeColumns, csvLines, type Explain } from './plan-csv.ts';
import type { RunLine } from './run-people.ts';

/**
 * The people of a run as CSV text, header first, safe to open in a spreadsheet: what was planned, how each ended,
 * why, what would cure it, and what Mailchimp said.
 * @param fields the columns of fields: each gets one before and one after
 */
export async function* runCsv(
  fields: readonly string[],
  pages: AsyncIterable<readonly RunLine[]>,
  explain: Explain,
): AsyncIterable<string> {
  yield csvLines([
    [
      'email',
      'action',
      'ended',
      'reason',
      'meaning',
      'cure',
      'detail',
      'Mailchimp said',
      ...changeColumns(fields),
      'address before',
    ],
  ]);
  for await (const page of pages) {
    yield csvLines(
      page.map((line) => {
        const { what, cure } = line.endReason === null ? { what: '', cure: '' } : explain(line.endReason);
        return [
          line.email,
          line.action,
          line.ended,
          line.endReason ?? '',
          what,
          cure,
          line.detail ?? '',
          line.words ?? '',
          ...changeCells(fields, line),
          line.from ?? '',
        ];
      }),
    );
  }
}
