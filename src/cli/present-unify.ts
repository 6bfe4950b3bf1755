import pc from 'picocolors';
import type { UnifyAhead } from '../pipeline/preview-unify.ts';
import type { PairSample } from '../unify/preview-changes.ts';
import type { Proposal } from '../unify/probabilistic/propose.ts';
import type { RuleProposal } from '../unify/probabilistic/propose-rules.ts';
import type { ScoreReport } from '../unify/probabilistic/score-report.ts';
import type { BypassProposal } from '../unify/propose-bypass.ts';
import { table } from './present-tables.ts';
import { safeText } from './safe-text.ts';

const n = (value: number): string => value.toLocaleString('en-US');
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export function presentProposals(proposals: readonly Proposal[]): string {
  if (proposals.length === 0)
    return 'No source has two attributes whose names say that they tell people apart.';
  return proposals
    .map(({ score, rules }) =>
      [
        pc.bold(score.kind === 'match' ? 'Between sources' : `Within ${safeText(score.source ?? '')}`),
        `  ${n(score.compared)} of ${n(score.possible)} pairs compared`,
        presentWeights(score),
        presentRules(rules),
      ].join('\n'),
    )
    .join('\n\n');
}

/** What each degree of agreement says, in bits: ten bits make it a thousand times as likely. */
function presentWeights({ fields }: ScoreReport): string {
  return table(
    ['attribute', 'the two are', 'weight', 'of one person', 'of two'],
    fields.flatMap(({ attribute, levels }) =>
      levels.map(({ level, bits, m, u }, place) => [
        place === 0 ? attribute : '',
        level,
        `${bits >= 0 ? '+' : ''}${bits.toFixed(1)}`,
        percent(m),
        u < 0.001 ? u.toExponential(0) : percent(u),
      ]),
    ),
  );
}

function presentRules(rules: readonly RuleProposal[]): string {
  if (rules.length === 0)
    return '  No rule to propose: hardly any two of these records seem to be one person.';
  return `${table(
    ['rule', 'pairs', 'right', 'finds', 'adds'],
    rules.map(({ fields, pairs, precision, recall, adds }) => [
      Object.entries(fields)
        .map(
          ([attribute, how]) =>
            `${attribute} ${how === 'exact' ? 'exact' : `similar ${String(how.similar)}`}`,
        )
        .join(', '),
      pairs,
      percent(precision),
      percent(recall),
      percent(adds),
    ]),
  )}\n${pc.dim('  "right", "finds" and "adds" are what the score thinks, not what is known: look at them with unify preview')}`;
}

export function presentBypass(values: readonly BypassProposal[]): string {
  if (values.length === 0) return 'No address or telephone number is shared by so many people.';
  return table(
    ['attribute', 'value', 'records', 'names'],
    values.map(({ attribute, value, records, names }) => [attribute, value, records, names]),
  );
}

export function presentPreview(preview: UnifyAhead): string {
  const { before, after, merges, splits, records, rules, looked } = preview;
  const people = before === undefined ? n(after.people) : `${n(before.people)} → ${n(after.people)}`;
  const parts = [
    pc.bold('Nothing has been changed. With this file there would be'),
    `  ${people} people of ${n(after.records)} records`,
    `  ${n(merges.people)} would be made of ${n(merges.of)} who are apart now`,
    `  ${n(splits.people)} would become ${n(splits.into)}`,
    ...(before !== undefined && (records.added > 0 || records.removed > 0)
      ? [`  ${n(records.added)} records more would be read, ${n(records.removed)} fewer`]
      : []),
    `  ${n(preview.largest)} records at most would be one person`,
    '',
    table(
      ['rule', 'of', 'pairs', 'joined', 'only by it'],
      rules.map((rule) => [
        rule.rule,
        rule.source ?? 'all sources',
        rule.pairs,
        rule.joined,
        rule.onlyByThis,
      ]),
    ),
    ...samples('Would be joined', merges.samples),
    ...samples('Would be parted', splits.samples),
    ...sizes('segment', looked.segments),
    ...sizes('export', looked.exports),
    ...preview.largeGroups.map(
      ({ id, rule, records: size, examples }) =>
        `  ${pc.yellow('!')} ${safeText(rule)}: a group of ${n(size)} records would not be joined, such as ${safeText(examples.join(', '))} (${id})`,
    ),
    ...[...preview.warnings.map(({ message }) => message), ...looked.problems].map(
      (message) => `  ${pc.yellow('!')} ${safeText(message)}`,
    ),
  ];
  return parts.join('\n');
}

function samples(title: string, pairs: readonly PairSample[]): string[] {
  return pairs.flatMap(({ rule, similarity, one, other }, place) => {
    const attributes = [...new Set([...Object.keys(one.values), ...Object.keys(other.values)])];
    const how = similarity === null ? '' : ` ${pc.dim(similarity.toFixed(3))}`;
    return [
      ...(place === 0 ? ['', pc.bold(title)] : []),
      `  ${safeText(rule)}${how}`,
      table(
        ['', `${one.source}:${one.key}`, `${other.source}:${other.key}`],
        attributes.map((attribute) => [
          attribute,
          one.values[attribute] ?? '',
          other.values[attribute] ?? '',
        ]),
      ),
    ];
  });
}

function sizes(
  what: 'segment' | 'export',
  changes: readonly { id: string; before: number | null; after: number | null }[],
): string[] {
  if (changes.length === 0) return [];
  return [
    '',
    table(
      [what, 'now', 'then'],
      changes.map(({ id, before, after }) => [id, before ?? '?', after ?? '?']),
    ),
  ];
}
