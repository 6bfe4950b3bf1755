const hour = 60 * 60 * 1000;
const idle = 12 * hour;
const longest = 14 * 24 * hour;

/**
 * When a session ends that started at `startedAt` and was last used at `usedAt`: 12 hours after the last use, and
 * 14 days after the sign-in however much it is used. At that instant it is over.
 */
export function sessionEnd(startedAt: Date, usedAt: Date): Date {
  return new Date(Math.min(usedAt.getTime() + idle, startedAt.getTime() + longest));
}

/** Which sessions are over at an instant: those that started, or were last used, no later than this. */
export function endedAt(now: Date): { startedAt: Date; usedAt: Date } {
  return { startedAt: new Date(now.getTime() - longest), usedAt: new Date(now.getTime() - idle) };
}
