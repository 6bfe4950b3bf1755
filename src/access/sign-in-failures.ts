import { PostriderError } from '../base/errors.ts';
import type { Database, Row } from '../store/tables.ts';
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
  /** Absent: whoever is in already, and proves it again. */
  address?: string;
}

/**
 * Counts an attempt as the user's failure before it is made, so that of many at once no more are made than one after the
 * other; `forgetSignInFailures` takes it back.
 * @throws `forbidden` / `locked_out` where it has to wait; then it does not count
 */
export async function countAttempt(db: Database, attempt: Attempt, now: Date): Promise<void> {
  const subject = subjectOf('user', attempt.email);
  if (attempt.address !== undefined)
    refuseToWait(await failuresOf(db, subjectOf('network', attempt.address)), now);
  for (;;) {
    const before = await failuresOf(db, subject);
    refuseToWait(before, now);
    if (before === undefined) {
      const made = await db
        .insertInto('sign_in_failure')
        .values({ subject, failures: 1, last_at: now })
        .onConflict((conflict) => conflict.column('subject').doNothing())
        .executeTakeFirst();
      if (made.numInsertedOrUpdatedRows === 1n) return;
      continue;
    }
    const counted = await db
      .updateTable('sign_in_failure')
      .set({ failures: isForgotten(before, now) ? 1 : before.failures + 1, last_at: now })
      .where('subject', '=', subject)
      // Where another attempt was counted meanwhile, that one is looked at as well.
      .where('failures', '=', before.failures)
      .where('last_at', '=', before.last_at)
      .executeTakeFirst();
    if (counted.numUpdatedRows === 1n) return;
  }
}

/** Counts a failure for the network address that it came from; the user's is counted already. */
export async function noteNetworkFailure(db: Database, address: string, now: Date): Promise<void> {
  const forgotten = new Date(now.getTime() - forgottenAfterMs.network);
  await db
    .insertInto('sign_in_failure')
    .values({ subject: subjectOf('network', address), failures: 1, last_at: now })
    .onConflict((conflict) =>
      conflict.column('subject').doUpdateSet(({ eb }) => ({
        failures: eb
          .case()
          .when('sign_in_failure.last_at', '<', forgotten)
          .then(1)
          .else(eb('sign_in_failure.failures', '+', 1))
          .end(),
        last_at: now,
      })),
    )
    .execute();
}

/** Takes away failures that count no more: anybody can make some, of any address. */
export async function dropForgottenFailures(db: Database, now: Date): Promise<void> {
  const forgotten = new Date(now.getTime() - Math.max(...Object.values(forgottenAfterMs)));
  await db.deleteFrom('sign_in_failure').where('last_at', '<', forgotten).execute();
}

type Failures = Pick<Row<'sign_in_failure'>, 'subject' | 'failures' | 'last_at'>;

function failuresOf(db: Database, subject: string): Promise<Failures | undefined> {
  return db.selectFrom('sign_in_failure').selectAll().where('subject', '=', subject).executeTakeFirst();
}

function isForgotten({ subject, last_at }: Failures, now: Date): boolean {
  return now.getTime() - last_at.getTime() > forgottenAfterMs[countedOf(subject)];
}

function refuseToWait(before: Failures | undefined, now: Date): void {
  if (before === undefined || isForgotten(before, now)) return;
  const sinceMs = now.getTime() - before.last_at.getTime();
  const wait = waitAfter(before.failures - triesMore[countedOf(before.subject)]);
  const seconds = Math.ceil(wait - sinceMs / 1000);
  if (seconds <= 0) return;
  throw new PostriderError({
    kind: 'forbidden',
    code: 'locked_out',
    message: `There were too many wrong passwords: wait ${seconds} seconds.`,
    hint: 'An administrator can give you a link for a new password meanwhile.',
    retry: 'later',
  });
}

/** The network address keeps its count: one right password must not buy an attacker another series. */
export async function forgetSignInFailures(db: Database, { email }: Pick<Attempt, 'email'>): Promise<void> {
  await db.deleteFrom('sign_in_failure').where('subject', '=', subjectOf('user', email)).execute();
}

/** As a digest: the address of whoever mistyped their own is nobody's business. */
function subjectOf(what: Counted, text: string): string {
  return `${what}:${digestOfSecret(text.trim().toLowerCase())}`;
}

function countedOf(subject: string): Counted {
  return subject.startsWith('user:') ? 'user' : 'network';
}
