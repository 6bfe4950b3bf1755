import { largestPage, type CallOptions, type MailchimpClient } from './mailchimp-client.ts';

type Client = Pick<MailchimpClient, 'tagMembers' | 'member'>;

/**
 * Which of these addresses have a tag, in as few requests as it takes: the tag's members a page at a time, or the
 * people one by one where they are fewer than the pages.
 * @param tag its name is compared without case: Mailchimp changes it (FACTS §6)
 * @param among folded
 */
export async function tagHolders(
  client: Client,
  audience: string,
  tag: { id: number; name: string },
  among: readonly string[],
  options: CallOptions = {},
): Promise<ReadonlySet<string>> {
  const sought = new Set(among);
  const found = new Set<string>();
  let read = 0;
  let allRead = false;
  while (!allRead) {
    if (sought.size === 0) return found;
    const { items, total } = await client.tagMembers(
      audience,
      tag.id,
      { offset: read, count: largestPage },
      options,
    );
    read += items.length;
    for (const address of items.map(fold)) if (sought.delete(address)) found.add(address);
    allRead = items.length === 0 || read >= total;
    if (!allRead && sought.size < (total - read) / largestPage) break;
  }
  // Rows move while pages are read, and archived people are in no page: the few who are left are looked at.
  if (allRead && sought.size > fewEnough) return found;
  const members = await Promise.all([...sought].map((address) => client.member(audience, address, options)));
  for (const member of members) {
    if (member?.tags.some((name) => fold(name) === fold(tag.name))) found.add(fold(member.address));
  }
  return found;
}

/** Looked at singly after all pages were read. */
const fewEnough = 50;

const fold = (text: string): string => text.trim().toLowerCase();
