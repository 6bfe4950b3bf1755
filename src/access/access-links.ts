import { PostriderError } from '../base/errors.ts';
import type { Database } from '../store/tables.ts';
import type { Role } from './role.ts';
import { digestOfSecret, newSecret } from './secret.ts';

/** What a link was handed out for. */
export type AccessLink =
  | { purpose: 'owner' }
  | { purpose: 'invitation'; email: string; role: Role }
  | { purpose: 'reset'; email: string };

const hour = 60 * 60_000;
const lifeMs = { owner: 24 * hour, invitation: 7 * 24 * hour, reset: 2 * hour };

/**
 * Makes a link in place of those before it for the same purpose and person.
 * @returns its secret part, which is stored nowhere
 */
export async function makeAccessLink(
  db: Database,
  link: AccessLink,
  { by, now }: { by: string; now: Date },
): Promise<string> {
  const secret = newSecret();
  const email = link.purpose === 'owner' ? null : link.email;
  await db
    .deleteFrom('access_link')
    .where('purpose', '=', link.purpose)
    .where('email', email === null ? 'is' : '=', email)
    .execute();
  await db
    .insertInto('access_link')
    .values({
      digest: digestOfSecret(secret),
      purpose: link.purpose,
      email,
      role: link.purpose === 'invitation' ? link.role : null,
      created_by: by,
      created_at: now,
      expires_at: new Date(now.getTime() + lifeMs[link.purpose]),
    })
    .execute();
  return secret;
}

/** What a link is for; it stays usable. @throws `input` / `link_invalid` */
export async function readAccessLink(db: Database, secret: string, now: Date): Promise<AccessLink> {
  const row = await db
    .selectFrom('access_link')
    .selectAll()
    .where('digest', '=', digestOfSecret(secret))
    .executeTakeFirst();
  if (row === undefined || row.expires_at <= now) {
    // The same for all three cases: whoever tries links learns nothing.
    throw new PostriderError({
      kind: 'input',
      code: 'link_invalid',
      message: 'This link was used, is too old, or never was one.',
      hint: 'Ask for a new one: an administrator can invite again; the first owner gets one with "postrider users owner-link".',
    });
  }
  if (row.purpose === 'owner') return { purpose: 'owner' };
  if (row.purpose === 'reset') return { purpose: 'reset', email: row.email ?? '' };
  return { purpose: 'invitation', email: row.email ?? '', role: row.role as Role };
}

/** Takes the link away; whoever is second gets nothing. @returns whether it was there */
export async function useUpAccessLink(db: Database, secret: string): Promise<boolean> {
  const gone = await db
    .deleteFrom('access_link')
    .where('digest', '=', digestOfSecret(secret))
    .executeTakeFirst();
  return gone.numDeletedRows === 1n;
}

/** Takes away links that stand for somebody who may not do the same any more. */
export async function dropAccessLinks(
  db: Database,
  of: { madeBy: string } | { madeFor: string },
): Promise<void> {
  const links = db.deleteFrom('access_link');
  await (
    'madeBy' in of ? links.where('created_by', '=', of.madeBy) : links.where('email', '=', of.madeFor)
  ).execute();
}

/** Takes away links that are too old to be used. */
export async function dropOldLinks(db: Database, now: Date): Promise<void> {
  await db.deleteFrom('access_link').where('expires_at', '<=', now).execute();
}
