import type { WireMember } from './delivered-batches.ts';
import { mailchimpSdk } from './mailchimp-sdk.ts';
import type { SandboxProcess } from './sandbox-process.ts';

/**
 * What the example in the documentation of `@mailchimp/mailchimp_marketing` leads to: one batch after the other, the
 * whole of each member asked for in return, and `errors` never read.
 */
export async function sdkBatchLoop(
  sandbox: SandboxProcess,
  audience: string,
  batches: readonly (readonly WireMember[])[],
): Promise<void> {
  const sdk = await mailchimpSdk(sandbox);
  for (const members of batches) {
    await sdk.lists.batchListMembers(audience, { members, update_existing: true });
  }
}
