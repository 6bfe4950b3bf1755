import { z } from 'zod';
import type { Listing } from './parse-answers.ts';

const page = z.object({
  members: z.array(z.object({ email_address: z.string().catch('') })),
  total_items: z.number().int().min(0),
});

/** The addresses of one page of a tag's members, as they are spelled; throws like the other parsers. */
export function parseTagMembers(body: string): Listing<string> {
  const { members, total_items: total } = page.parse(JSON.parse(body));
  return { items: members.map((member) => member.email_address), total };
}
