import type { SegmentId } from '../base/ids.ts';
import { suggestName } from '../base/nearest.ts';
import { findColumn, type Catalogue } from './catalogue.ts';
import { checkRules } from './check-rules.ts';
import type { CheckedGroup, CheckedRule } from './checked-rule.ts';
import type { CheckedHoldOut } from './hold-out.ts';
import type { RuleGroup } from './rule.ts';
import { refuseProblems, type RuleProblem } from './rule-problem.ts';
import { stateOf, type AsOf, type SegmentConfig } from './segment-config.ts';

/** A segment that can be computed. */
export interface CheckedSegment {
  id: SegmentId;
  rules: CheckedGroup;
  asOf: CheckedAsOf;
  type: SegmentConfig['type'];
  /** The file that says who is in it, whatever the rules: they are empty. */
  list?: string;
  holdOut?: CheckedHoldOut;
  /** The segment that its people are held out of. */
  heldOutOf?: SegmentId;
}

export type CheckedAsOf =
  | { kind: 'now' }
  | { kind: 'day'; day: string }
  | { kind: 'newest'; source: string; column: string; type: 'date' | 'time' };

/**
 * All segments that are computed, each after those it speaks of and the one it is held out of. A `RulesError` with everything that is wrong in any of them; the
 * others may be as wrong as they like.
 */
export function checkSegments(
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  catalogue: Catalogue,
): CheckedSegment[] {
  const problems: RuleProblem[] = [];
  const checked = new Map<SegmentId, CheckedSegment>();
  for (const [id, config] of segments) {
    if (stateOf(config) !== 'active' || keepsPeople(config, segments)) continue;
    const from =
      config.heldOutOf === undefined ? config : heldOutFrom(id, config.heldOutOf, segments, problems);
    if (from === undefined) continue;
    const path = `segments.${id}.${from === config ? 'rules' : 'heldOutOf'}`;
    const { rules, problems: found } = checkRules(from.rules ?? everybody, catalogue, path);
    // What is wrong in the rules of the other one is said there.
    if (from === config) problems.push(...found, ...draftsIn(rules, segments, path));
    const asOf = checkAsOf(from.asOf, catalogue, `segments.${id}.asOf`, problems);
    if (asOf === undefined) continue;
    const list = from.members === undefined ? {} : { list: from.members };
    // Who is held out must not change while those who are not stand still.
    const type = from.type === 'static' ? 'static' : config.type;
    checked.set(id, { id, rules, asOf, type, ...list, ...holdOutOf(id, config, from) });
  }
  const ordered = inOrder(checked, problems);
  refuseProblems(problems);
  return ordered;
}

/**
 * Whether a segment is not computed and keeps the people it has: an inactive one, and one that is held out of it, which
 * would go on growing beside a segment that stands still.
 */
export function keepsPeople(config: SegmentConfig, segments: ReadonlyMap<SegmentId, SegmentConfig>): boolean {
  const state = stateOf(config);
  if (state !== 'active' || config.heldOutOf === undefined) return state === 'inactive';
  const from = segments.get(config.heldOutOf as SegmentId);
  return from?.holdOut !== undefined && stateOf(from) === 'inactive';
}

/** The segment whose hold-out is meant; a problem and undefined where there is none. */
function heldOutFrom(
  id: SegmentId,
  other: string,
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  problems: RuleProblem[],
): SegmentConfig | undefined {
  const config = segments.get(other as SegmentId);
  if (config?.holdOut !== undefined && stateOf(config) !== 'draft') return config;
  const message =
    config === undefined
      ? `there is no segment "${other}".`
      : config.holdOut === undefined
        ? `"${other}" holds nobody out.`
        : `"${other}" is a draft and has no people.`;
  problems.push({
    code: config === undefined ? 'unknown_segment' : 'no_hold_out',
    path: `segments.${id}.heldOutOf`,
    message,
    hint:
      config === undefined
        ? suggestName(other, [...segments.keys()])
        : `Write holdOut: { share: 10% } under segments.${other}, and let it be active.`,
  });
  return undefined;
}

function holdOutOf(
  id: SegmentId,
  config: SegmentConfig,
  from: SegmentConfig,
): Pick<CheckedSegment, 'holdOut' | 'heldOutOf'> {
  const { holdOut } = from;
  if (holdOut === undefined) return {};
  const seed = holdOut.seed ?? config.heldOutOf ?? id;
  if (config.heldOutOf === undefined)
    return { holdOut: { share: holdOut.share, seed, wanted: 'the others' } };
  const heldOutOf = config.heldOutOf as SegmentId;
  return { holdOut: { share: holdOut.share, seed, wanted: 'who is held out' }, heldOutOf };
}

const everybody: RuleGroup = { combinator: 'and', rules: [] };

/** A draft has no people, so "in none of these" would hold for everybody. */
function draftsIn(
  rules: CheckedGroup,
  segments: ReadonlyMap<SegmentId, SegmentConfig>,
  path: string,
): RuleProblem[] {
  const drafts = segmentsIn(rules).filter((id) => segments.get(id)?.state === 'draft');
  return [...new Set(drafts)].map((id) => ({
    code: 'segment_draft',
    path,
    message: `the rules speak of "${id}", which is a draft and has no people.`,
    hint: `Write state: active under segments.${id}, or take it out of these rules.`,
  }));
}

/** Rules that are being edited, and the day they count from. */
export interface Draft {
  rules: RuleGroup;
  /** Absent: now. */
  asOf?: AsOf;
}

/** Rules that are no segment yet; a `RulesError` with everything that is wrong, at paths below `rules` and `asOf`. */
export function checkDraft(
  { rules, asOf = 'now' }: Draft,
  catalogue: Catalogue,
): Pick<CheckedSegment, 'rules' | 'asOf'> {
  const { rules: checked, problems } = checkRules(rules, catalogue, 'rules');
  const day = checkAsOf(asOf, catalogue, 'asOf', problems) ?? { kind: 'now' };
  refuseProblems(problems);
  return { rules: checked, asOf: day };
}

/** The segments a tree of rules speaks of. */
export function segmentsIn(rule: CheckedRule): SegmentId[] {
  if (rule.kind === 'segment') return rule.segments;
  return rule.kind === 'group' ? rule.rules.flatMap(segmentsIn) : [];
}

// Dates further off are somebody's "never"; counting from them would quietly find nobody.
const firstDay = '1900-01-01';
const lastDay = '2200-12-31';

/** Whether a day can be counted from. */
export function isUsableAsOf(day: string): boolean {
  return day >= firstDay && day <= lastDay;
}

/** The day to count from, checked; undefined when something was wrong, which `problems` says. */
export function checkAsOf(
  asOf: AsOf,
  catalogue: Catalogue,
  path: string,
  problems: RuleProblem[],
): CheckedAsOf | undefined {
  if (asOf === 'now') return { kind: 'now' };
  if (typeof asOf === 'string') {
    if (isUsableAsOf(asOf)) return { kind: 'day', day: asOf };
    problems.push({ code: 'bad_date', path, message: `expected a date from ${firstDay} to ${lastDay}.` });
    return undefined;
  }
  const found = findColumn(catalogue.sources, asOf.newest, `${path}.newest`, problems);
  if (found === undefined) return undefined;
  const { name, type } = found.column;
  if (type !== 'date' && type !== 'time') {
    problems.push({
      code: 'value_type',
      path: `${path}.newest`,
      message: `"${asOf.newest}" is ${type}, not a date or time.`,
      hint: 'Name a column of dates, or give the column that type in its source.',
    });
    return undefined;
  }
  return { kind: 'newest', source: found.source, column: name, type };
}

function inOrder(
  segments: ReadonlyMap<SegmentId, CheckedSegment>,
  problems: RuleProblem[],
): CheckedSegment[] {
  const done = new Set<SegmentId>();
  const ordered: CheckedSegment[] = [];
  const visit = (segment: CheckedSegment, trail: readonly SegmentId[]): void => {
    if (done.has(segment.id)) return;
    if (trail.includes(segment.id)) {
      const cycle = [...trail.slice(trail.indexOf(segment.id)), segment.id];
      problems.push({
        code: 'segment_cycle',
        path: `segments.${segment.id}.rules`,
        message: `the segment would depend on itself: ${cycle.join(' → ')}.`,
        hint: 'Take one of these out of the rules of another.',
      });
      return;
    }
    const { rules, heldOutOf } = segment;
    for (const id of [...segmentsIn(rules), ...(heldOutOf === undefined ? [] : [heldOutOf])]) {
      const other = segments.get(id);
      if (other !== undefined) visit(other, [...trail, segment.id]);
    }
    done.add(segment.id);
    ordered.push(segment);
  };
  for (const segment of segments.values()) visit(segment, []);
  return ordered;
}
