import type { Share } from './export-config.ts';
import type { Brake, PeopleCounts } from './plan.ts';

export interface GuardFacts {
  people: PeopleCounts;
  /** People this export put into the audience and has not let go. */
  exportedBefore: number;
  /** Chosen segments with nobody in them now, of which somebody was exported before; by name. */
  emptied: readonly string[];
  /** Contacts that count for Mailchimp's bill now: subscribed, unsubscribed and transactional. */
  billable: number;
  firstRun: boolean;
}

export interface Limits {
  leavers: Share;
  newContacts?: Share | undefined;
  people: number;
  contract?: number | undefined;
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
    };
  }
  if (facts.emptied.length > 0) {
    const names = facts.emptied.map((segment) => `"${segment}"`).join(', ');
    return {
      code: 'segment_emptied',
      message: `${names} ${facts.emptied.length === 1 ? 'has' : 'have'} become empty since the last run.`,
    };
  }
  if (exceeds(people.leave, facts.exportedBefore, limits.leavers)) {
    return {
      code: 'too_many_leavers',
      message: `${n(people.leave)} of ${n(facts.exportedBefore)} exported people would leave (${percent(people.leave, facts.exportedBefore)}), the limit is ${limits.leavers}.`,
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
    };
  }
  if (limits.contract !== undefined && facts.billable + people.add > limits.contract) {
    return {
      code: 'contract_exceeded',
      message: `The audience would hold ${n(facts.billable + people.add)} contacts, the contract allows ${n(limits.contract)}.`,
    };
  }
  return null;
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
