import { request } from 'undici';
import type { SandboxProcess } from './sandbox-process.ts';

/** A member as a batch wants it. */
export interface WireMember {
  email_address: string;
  status: string;
  merge_fields: Record<string, unknown>;
  tags: string[];
}

const batchSize = 500;

/** What a run has brought to an audience, in batches again: the same people for other clients to send. */
export async function deliveredBatches(
  { apiRoot, apiKey }: SandboxProcess,
  audience: string,
  most: number,
): Promise<WireMember[][]> {
  const batches: WireMember[][] = [];
  for (let offset = 0; offset < most; offset += batchSize) {
    const fields = ['email_address', 'status', 'merge_fields', 'tags'].map((name) => `members.${name}`);
    const query = new URLSearchParams({
      offset: String(offset),
      count: String(batchSize),
      fields: fields.join(','),
    });
    const answer = await request(`${apiRoot}/lists/${audience}/members?${query.toString()}`, {
      headers: { authorization: `Bearer ${apiKey}` },
    });
    const { members } = (await answer.body.json()) as {
      members: (Omit<WireMember, 'tags'> & { tags: { name: string }[] })[];
    };
    if (members.length === 0) break;
    batches.push(members.map((member) => ({ ...member, tags: member.tags.map(({ name }) => name) })));
  }
  return batches;
}
