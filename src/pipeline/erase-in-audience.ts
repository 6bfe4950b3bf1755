import { PostriderError } from '../base/errors.ts';
import type { Destination } from '../delivery/destination.ts';
import { audienceOfKey } from '../exports/audience-key.ts';
import type { AudienceErasure, RemovalKind } from '../suppression/erasure.ts';
import { withDestination, type PipelineParts } from './pipeline-parts.ts';

/** An audience before anything was done in it. The key is the ledger's: `connection:audience`. */
export function pendingErasure(key: string, how: RemovalKind): AudienceErasure {
  return {
    ...audienceOfKey(key),
    how,
    removed: 0,
    absent: 0,
    already: 0,
    open: { code: 'not_done_yet', message: 'Nothing was done here yet.' },
  };
}

/**
 * Takes addresses out of one audience, one after the other. What another try or somebody else must mend is told in
 * `open`; doing all of it again changes nothing where it is done.
 */
export async function eraseInAudience(
  parts: PipelineParts,
  pending: AudienceErasure,
  addresses: readonly string[],
): Promise<AudienceErasure> {
  const result: AudienceErasure = { ...pending, removed: 0, absent: 0, already: 0, open: null };
  try {
    await withDestination(parts, result.connection, async (destination) => {
      for (const address of addresses) await eraseOne(destination, result, address);
    });
  } catch (error) {
    // A bug of ours must not look like a fault of Mailchimp's.
    if (!(error instanceof PostriderError)) throw error;
    const { code, message, hint } = error;
    result.open = { code, message, ...(hint === undefined ? {} : { hint }) };
  }
  return result;
}

async function eraseOne(destination: Destination, result: AudienceErasure, address: string): Promise<void> {
  const member = await destination.find(result.audience, address);
  if (member === undefined) {
    result.absent += 1;
    return;
  }
  switch (result.how) {
    case 'delete':
      if ((await destination.deletePermanently(result.audience, address)) === 'deleted') result.removed += 1;
      else result.absent += 1;
      return;
    case 'archive':
      if (member.status === 'archived') result.already += 1;
      else if ((await destination.archive(result.audience, address)) !== 'refused') result.removed += 1;
      else
        result.open = {
          code: 'archive_refused',
          message: `Mailchimp does not archive a contact that is ${member.status}.`,
          hint: 'Delete it instead: postrider forget ADDRESS --delete',
        };
      return;
    default:
      throw new Error(`no such removal: ${String(result.how satisfies never)}`);
  }
}
