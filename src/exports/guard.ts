import type { Share } from './export-config.ts';
import type { Brake, PeopleCounts } from './plan.ts';

export interface GuardFacts {
  people: PeopleCounts;
  /** Contacts that would get another address. */
  moves?: number;
  /** People this export put into the audience and has not let go. */
  exportedBefore: number;
  /** Chosen segments with nobody in them now, of which somebody was exported before; by name. */
  emptied: readonly string[];
  /** Chosen or excluded segments of which a test failed in the last refresh; by name. */
  failedTests?: readonly string[];
  /** Contacts that count for Mailchimp's bill now: subscribed, unsubscribed and transactional. */
  billable: number;
  /** The same in the account's other audiences. */
  elsewhere: number;
  /** How old the data of each source are. */
  sourceAges: readonly { source: string; hours: number }[];
  firstRun: boolean;
}

export interface Limits {
  leavers: Share;
  newContacts?: Share | undefined;
  people: number;
  contract?: number | undefined;
  sourceAge?: { hours: number } | { days: number } | undefined;
}

/**
 * The brake that a plan sets off, or null. Decided from counts alone, before the first write; the first
 * one in this order is named (promise 8).
 */
export function guardPlan(facts: GuardFacts, limits: Limits): Brake | null {
  const { people } = facts;
  if (people.desired > limits.people) {
    return {
      code: 'too_many_people',
      message: `${n(people.desired)} people are wanted, the export's limit is ${n(limits.people)}.`,
      figures: { people: people.desired, limit: limits.people },
    };
  }
  const old = limits.sourceAge === undefined ? null : sourceTooOld(facts.sourceAges, limits.sourceAge);
  if (old !== null) return old;
  const failed = facts.failedTests ?? [];
  if (failed.length > 0) {
    const names = failed.map((segment) => `"${segment}"`).join(', ');
    return {
      code: 'segment_test_failed',
      message: `${names} ${failed.length === 1 ? 'does' : 'do'} not pass ${failed.length === 1 ? 'its' : 'their'} tests.`,
      figures: { segments: failed.length },
    };
  }
  if (facts.emptied.length > 0) {
    const names = facts.emptied.map((segment) => `"${segment}"`).join(', ');
    return {
      code: 'segment_emptied',
      message: `${names} ${facts.emptied.length === 1 ? 'has' : 'have'} become empty since the last run.`,
      figures: { segments: facts.emptied.length },
    };
  }
  if (exceeds(people.leave, facts.exportedBefore, limits.leavers)) {
    return {
      code: 'too_many_leavers',
      message: `${n(people.leave)} of ${n(facts.exportedBefore)} exported people would leave (${percent(people.leave, facts.exportedBefore)}), the limit is ${limits.leavers}.`,
      figures: { leavers: people.leave, exported: facts.exportedBefore, ...limitFigure(limits.leavers) },
    };
  }
  // An address that somebody lost is a leaver as well: a source with its columns out of step moves everybody.
  const moves = facts.moves ?? 0;
  if (moves > 0 && exceeds(people.leave + moves, facts.exportedBefore, limits.leavers)) {
    return {
      code: 'too_many_address_changes',
      message: `${n(moves)} of ${n(facts.exportedBefore)} exported people would get another address and ${n(people.leave)} would leave (${percent(people.leave + moves, facts.exportedBefore)}), the limit is ${limits.leavers}.`,
      figures: {
        moves,
        leavers: people.leave,
        exported: facts.exportedBefore,
        ...limitFigure(limits.leavers),
      },
    };
  }
  if (
    !facts.firstRun &&
    limits.newContacts !== undefined &&
    exceeds(people.add, facts.billable, limits.newContacts)
  ) {
    return {
      code: 'too_many_new_contacts',
      message: `${n(people.add)} contacts would be new beside ${n(facts.billable)} (${percent(people.add, facts.billable)}), the limit is ${limits.newContacts}.`,
      figures: { new: people.add, contacts: facts.billable, ...limitFigure(limits.newContacts) },
    };
  }
  const now = facts.billable + facts.elsewhere;
  const after = now + people.add;
  // An account that is over its contract already may still lose contacts and get its fields right.
  if (limits.contract !== undefined && people.add > 0 && after > limits.contract) {
    return {
      code: 'contract_exceeded',
      message: `The account would hold ${n(after)} contacts, the contract allows ${n(limits.contract)}.`,
      figures: { contacts: now, after, limit: limits.contract },
    };
  }
  return null;
}

function sourceTooOld(
  ages: GuardFacts['sourceAges'],
  limit: { hours: number } | { days: number },
): Brake | null {
  const allowed = 'hours' in limit ? limit.hours : limit.days * 24;
  const old = ages.filter(({ hours }) => hours > allowed).toSorted((a, b) => b.hours - a.hours);
  const [oldest] = old;
  if (oldest === undefined) return null;
  const names = old.map(({ source }) => `"${source}"`).join(', ');
  return {
    code: 'source_too_old',
    message: `The data of ${names} are older than allowed: ${n(Math.floor(oldest.hours))} hours, the limit is ${n(allowed)}.`,
    figures: { sources: old.length, hours: Math.floor(oldest.hours), limit: allowed },
  };
}

function limitFigure(limit: Share): Record<string, number> {
  return typeof limit === 'number' ? { limit } : { limitPercent: Number.parseFloat(limit) };
}

function exceeds(count: number, whole: number, limit: Share): boolean {
  if (typeof limit === 'number') return count > limit;
  return count * 100 > whole * Number.parseFloat(limit);
}

function percent(part: number, whole: number): string {
  return whole === 0 ? 'all of them' : `${((100 * part) / whole).toFixed(1)} %`;
}

// English grouping everywhere: a brake's message is stored and must not change with the reader's locale.
const n = (count: number): string => count.toLocaleString('en-US');
