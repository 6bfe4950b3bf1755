import type { SegmentId } from '../base/ids.ts';
import { segmentField } from './catalogue.ts';
import { isRuleGroup, rulesOf, type RuleGroup } from './rule.ts';
import type { SegmentConfig } from './segment-config.ts';

/** Who speaks of a segment, by id. */
export interface SegmentUsage {
  /** Segments whose rules do, or whose people are held out of it. */
  segments: string[];
  /** Exports that send its people, or leave them out. */
  exports: string[];
}

/** What a workspace has that can speak of segments. */
export interface SegmentUsers {
  segments: Iterable<readonly [string, Pick<SegmentConfig, 'rules' | 'heldOutOf'>]>;
  exports: Iterable<readonly [string, { segments: readonly string[]; exclude: readonly string[] }]>;
}

/** Who speaks of a segment; itself left out. */
export function usageOf(id: SegmentId, { segments, exports }: SegmentUsers): SegmentUsage {
  return {
    segments: [...segments]
      .filter(
        ([other, { rules, heldOutOf }]) =>
          other !== id && (heldOutOf === id || (rules !== undefined && spokenOf(rules).includes(id))),
      )
      .map(([other]) => other),
    exports: [...exports]
      .filter(([, config]) => config.segments.includes(id) || config.exclude.includes(id))
      .map(([other]) => other),
  };
}

/** As in "segment vip, export newsletter"; empty where nobody does. */
export function usageText({ segments, exports }: SegmentUsage): string {
  return [...segments.map((id) => `segment ${id}`), ...exports.map((id) => `export ${id}`)].join(', ');
}

/** The segments that rules name, in whatever shape they name them; what is misspelt is no concern here. */
function spokenOf(group: RuleGroup): string[] {
  return rulesOf(group).flatMap((rule) => {
    if (isRuleGroup(rule)) return spokenOf(rule);
    if (rule.field !== segmentField) return [];
    return [rule.value].flat().filter((value) => typeof value === 'string');
  });
}
