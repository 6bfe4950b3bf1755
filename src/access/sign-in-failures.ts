import type { Database } from '../store/tables.ts';
import { waitAfter } from './lock-out.ts';
import { digestOfSecret } from './secret.ts';

const hour = 60 * 60_000;

/**
 * Failures are forgotten after so long without another. Behind one address of the network may sit a whole office,
 * which mistypes all day: it has more tries, and they are forgotten sooner.
 */
const forgottenAfterMs = { user: 24 * hour, network: hour };
const triesMore = { user: 0, network: 25 };
type Counted = keyof typeof triesMore;

/** Whoever signs in, and from where: both are counted, so that neither one user nor one network is tried out. */
export interface Attempt {
  email: string;
  address: string;
}

/** How many seconds this attempt has to wait; 0: it may be made. */
export async function secondsToWait(db: Database, attempt: Attempt, now: Date): Promise<number> {
  const rows = await db
    .selectFrom('sign_in_failure')
    .selectAll()
    .where('subject', 'in', subjectsOf(attempt))
    .execute();
  const waits = rows.map(({ subject, failures, last_at }) => {
    const what = countedOf(subject);
    const sinceMs = now.getTime() - last_at.getTime();
    if (sinceMs > forgottenAfterMs[what]) return 0;
    return Math.ceil(waitAfter(failures - triesMore[what]) - sinceMs / 1000);
  });
  return Math.max(0, ...waits);
}

export async function noteSignInFailure(db: Database, attempt: Attempt, now: Date): Promise<void> {
  for (const subject of subjectsOf(attempt)) {
    const before = await db
      .selectFrom('sign_in_failure')
      .selectAll()
      .where('subject', '=', subject)
      .executeTakeFirst();
    const old =
      before === undefined || now.getTime() - before.last_at.getTime() > forgottenAfterMs[countedOf(subject)];
    const failures = old ? 1 : before.failures + 1;
    await db
      .insertInto('sign_in_failure')
      .values({ subject, failures, last_at: now })
      .onConflict((conflict) => conflict.column('subject').doUpdateSet({ failures, last_at: now }))
      .execute();
  }
}

/** The network address keeps its count: one right password must not buy an attacker another series. */
export async function forgetSignInFailures(db: Database, { email }: Pick<Attempt, 'email'>): Promise<void> {
  await db.deleteFrom('sign_in_failure').where('subject', '=', subjectOf('user', email)).execute();
}

function subjectsOf({ email, address }: Attempt): string[] {
  return [subjectOf('user', email), subjectOf('network', address)];
}

/** As a digest: the address of whoever mistyped their own is nobody's business. */
function subjectOf(what: Counted, text: string): string {
  return `${what}:${digestOfSecret(text.trim().toLowerCase())}`;
}

function countedOf(subject: string): Counted {
  return subject.startsWith('user:') ? 'user' : 'network';
}
