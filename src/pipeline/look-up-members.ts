import type { AudienceMember, Destination } from '../delivery/destination.ts';
import { refuseIfCancelled } from './refuse-if-cancelled.ts';

/** More than this many are cheaper to find by reading the audience, a thousand to a request. */
const mostSingleLookUps = 1_000;

/**
 * What the audience holds of these folded addresses at this moment; who is not there is not in the answer.
 * @param signal aborted: nobody further is asked for
 * @throws `cancelled`, or the signal's reason
 */
export async function lookUpMembers(
  destination: Destination,
  audience: string,
  addresses: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, AudienceMember>> {
  const wanted = new Set(addresses);
  const found = new Map<string, AudienceMember>();
  if (wanted.size <= mostSingleLookUps) {
    // The destination keeps to its ceiling; all can be asked for at once.
    const members = await Promise.all(
      [...wanted].map((address) => destination.find(audience, address, signal)),
    );
    for (const member of members) if (member !== undefined) found.set(member.address, member);
  } else {
    for await (const page of destination.read(audience).pages) {
      refuseIfCancelled(signal);
      for (const member of page) if (wanted.has(member.address)) found.set(member.address, member);
    }
  }
  return found;
}
