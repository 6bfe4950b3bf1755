import { Pool } from 'undici';
import type { WireMember } from './delivered-batches.ts';
import type { SandboxProcess } from './sandbox-process.ts';

/** What a run asks of each member, too. */
const fields = ['new_members', 'updated_members']
  .flatMap((list) => ['email_address', 'status', 'merge_fields', 'tags'].map((name) => `${list}.${name}`))
  .concat('errors');

/**
 * As fast as this machine can send people and read the answers, when nothing is remembered: so many kept-alive
 * connections at once, each batch ready in memory.
 */
export async function bareLoop(
  { apiRoot, apiKey }: SandboxProcess,
  audience: string,
  batches: readonly (readonly WireMember[])[],
  connections: number,
): Promise<void> {
  const root = new URL(apiRoot);
  const pool = new Pool(root.origin, { connections });
  const path = `${root.pathname}/lists/${audience}?fields=${fields.join(',')}`;
  const waiting = batches.values();
  const connection = async (): Promise<void> => {
    // One iterator for all of them: each takes the next batch.
    for (const members of waiting) {
      const answer = await pool.request({
        method: 'POST',
        path,
        headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({ members, update_existing: true }),
      });
      await answer.body.json();
    }
  };
  await Promise.all(Array.from({ length: connections }, connection));
  await pool.close();
}
