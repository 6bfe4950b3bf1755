import pc from 'picocolors';
import type { ExportRun } from '../exports/plan.ts';
import type { PlanLine } from '../exports/plan-people.ts';
import { presentRun, runDocument } from './present-run.ts';
import { reasonText } from '../app/reason-texts.ts';
import { safeText, safeValue } from './safe-text.ts';
import type { Shell } from './shell.ts';

/**
 * A plan with its people, written as they come: a plan may have a million. With `--json` the document gets
 * a member `persons`.
 */
export async function presentPeople(
  shell: Shell,
  run: ExportRun,
  pages: AsyncIterable<PlanLine[]>,
): Promise<void> {
  if (!shell.json) {
    shell.print(`${presentRun(run)}\n`);
    for await (const page of pages) await shell.printPage(page.map((line) => `${sentence(line)}\n`).join(''));
    return;
  }
  await shell.printPage(`${JSON.stringify(runDocument(run)).slice(0, -1)},"persons":[`);
  let first = true;
  for await (const page of pages) {
    const text = page.map((line) => JSON.stringify(line)).join(',');
    await shell.printPage(first ? text : `,${text}`);
    first = false;
  }
  await shell.printPage(']}\n');
}

const marks: Record<PlanLine['action'], string> = {
  add: pc.green('+ add   '),
  update: pc.yellow('~ change'),
  leave: pc.red('- leave '),
  keptOut: pc.dim('  keep out'),
  rejected: pc.dim('  reject'),
};

function sentence(line: PlanLine): string {
  const parts = [
    ...(line.from === undefined ? [] : [`address ${safeText(line.from)} → ${safeText(line.email)}`]),
    ...Object.entries(line.fields).map(([tag, { before, after }]) =>
      before === ''
        ? `${tag} ${safeValue(after)}`
        : `${tag} ${safeValue(before)} → ${after === '' ? 'erased' : safeValue(after)}`,
    ),
    ...line.gains.map((segment) => `+tag ${safeText(segment)}`),
    ...line.loses.map((segment) => `-tag ${safeText(segment)}`),
    ...(line.archive ? ['archived'] : []),
    ...(line.stays ?? []).map((what) => `${safeText(what)} stays`),
  ];
  const said = [line.reason === null ? undefined : reasonText(line.reason).what, line.detail ?? undefined];
  const words = said.filter((text) => text !== undefined).join(': ');
  const why = words === '' ? '' : ` ${pc.dim(safeText(words))}`;
  return `${marks[line.action]} ${line.email === '' ? '(no address)' : safeText(line.email)}${why}${parts.length === 0 ? '' : `  ${parts.join(', ')}`}`;
}
