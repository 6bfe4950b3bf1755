import type { Actions } from '../app.ts';
import type { Shell } from './shell.ts';

/** The members of a segment as they come: as CSV, or with `--json` as one document. */
export async function printMembers(shell: Shell, app: Actions, segment: string): Promise<void> {
  if (!shell.json) {
    for await (const page of app.segmentCsv(segment)) await shell.printPage(page);
    return;
  }
  await shell.printPage('{"members":[');
  let first = true;
  for await (const page of app.segmentMembers(segment)) {
    const text = page.map((row) => JSON.stringify(row)).join(',');
    await shell.printPage(first ? text : `,${text}`);
    first = false;
  }
  await shell.printPage(']}\n');
}
