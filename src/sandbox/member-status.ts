import { isInComplianceState } from './member.ts';
import type { LeftBy, Member, MemberStatus } from './member.ts';

export type StatusDecision =
  | { kind: 'set'; status: MemberStatus; leftBy: LeftBy; confirmationMail: boolean }
  /** Only the person may come back. */
  | { kind: 'compliance' };

/**
 * What becomes of a known member when the API sends a status, or none (FACTS §4, §5, §8, §9.4, §9.5, §9.9).
 * @param repeatMail a batch sends the confirmation mail at each call, other calls only once
 */
export function decideStatus(
  member: Member,
  sent: MemberStatus | undefined,
  repeatMail: boolean,
): StatusDecision {
  const keep: StatusDecision = {
    kind: 'set',
    status: member.status,
    leftBy: member.leftBy,
    confirmationMail: false,
  };
  const become = (
    status: MemberStatus,
    leftBy: LeftBy = 'nobody',
    confirmationMail = false,
  ): StatusDecision => ({
    kind: 'set',
    status,
    leftBy,
    confirmationMail,
  });
  switch (sent) {
    case undefined:
      return keep;
    case 'subscribed':
      return isInComplianceState(member) ? { kind: 'compliance' } : become('subscribed');
    case 'pending':
      // Even somebody in a compliance state may be asked; leftBy stays until the person has confirmed.
      return become('pending', member.leftBy, repeatMail || member.status !== 'pending');
    case 'unsubscribed':
      if (member.status === 'unsubscribed') return keep;
      return become('unsubscribed', isInComplianceState(member) ? member.leftBy : 'api');
    case 'cleaned':
      return member.status === 'cleaned' ? keep : become('cleaned', 'bounce');
    case 'transactional':
      // Nobody who has a marketing status goes back to having none (assumed); archived people come back.
      if (member.status !== 'archived') return keep;
      return isInComplianceState(member) ? become('unsubscribed', member.leftBy) : become('transactional');
    case 'archived':
      return keep;
  }
}
