import pc from 'picocolors';
import type { RefreshResult } from '../pipeline/refresh.ts';
import type { UnifyResult } from '../unify/unify.ts';
import { presentRun } from './present-run.ts';
import { table } from './present-tables.ts';
import { safeText } from './safe-text.ts';

const n = (value: number): string => value.toLocaleString('en-US');

/** Of what was too large to be compared or joined, so many are shown; `--json` has all that are known. */
const shown = 5;

/** What a refresh did, stage by stage. */
export function presentRefresh(result: RefreshResult): string {
  const erased = result.sources.some((load) => load.suppressed > 0);
  const parts = [
    pc.bold('Sources'),
    table(
      ['source', 'rows', 'rejected', ...(erased ? ['erased'] : [])],
      result.sources.map((load) => [
        load.source,
        load.rows,
        load.rejected,
        ...(erased ? [load.suppressed] : []),
      ]),
    ),
    ...(result.sources.some((load) => load.rejected > 0)
      ? [pc.dim('  rejected rows, with line and reason: postrider sources NAME')]
      : []),
    ...result.sources.flatMap((load) =>
      load.warnings.map((warning) => `  ${pc.yellow('!')} ${load.source}: ${safeText(warning)}`),
    ),
  ];
  if (result.unify !== undefined) parts.push(...presentPeople(result.unify));
  if (result.segments !== undefined && result.segments.length > 0) {
    parts.push(
      pc.bold('Segments'),
      table(
        ['segment', 'people'],
        result.segments.map((size) => [size.segment, size.members]),
      ),
    );
  }
  for (const run of result.exports ?? []) parts.push('', presentRun(run));
  return parts.join('\n');
}

function presentPeople(result: UnifyResult): string[] {
  const { records, duplicates, matched, profiles, rules, largeBlocks, largeGroups, bypassed } = result;
  return [
    pc.bold('People'),
    `  ${n(records)} records → ${n(profiles)} people  ${pc.dim(`${n(duplicates)} duplicates, ${n(matched)} found in several sources`)}`,
    ...(rules.length === 0
      ? []
      : [
          table(
            ['rule', 'of', 'pairs', 'joined'],
            rules.map(({ rule, source, pairs, joined }) => [rule, source ?? 'all sources', pairs, joined]),
          ),
        ]),
    ...bypassed.map(({ attribute, records: passed }) =>
      pc.dim(`  ${attribute}: ${n(passed)} values on the bypass list agree with nothing`),
    ),
    ...result.warnings.map(({ message }) => `  ${pc.yellow('!')} ${safeText(message)}`),
    ...largest(largeBlocks).map(
      ({ rule, records: size, shared }) =>
        `    ${n(size)} records share ${safeText(valuesOf(shared))} ${pc.dim(safeText(rule))}`,
    ),
    ...largest(largeGroups).map(
      ({ rule, records: size, id, examples }) =>
        `    ${n(size)} records would be one person, such as ${safeText(examples.join(', '))} ${pc.dim(`${safeText(rule)}, ${id}`)}`,
    ),
  ];
}

function largest<Entry extends { records: number }>(entries: readonly Entry[]): Entry[] {
  return entries.toSorted((a, b) => b.records - a.records).slice(0, shown);
}

function valuesOf(shared: Readonly<Record<string, string>>): string {
  return Object.entries(shared)
    .map(([attribute, value]) => `${attribute} "${value}"`)
    .join(', ');
}
