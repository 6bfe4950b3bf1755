import type { RetrySchedule } from '../../base/retry-schedule.ts';
import type { ApiRequest } from './api-request.ts';
import { classifyFailure } from './classify-failure.ts';
import { failures } from './failure-catalogue.ts';
import type { HttpAnswer, HttpOutcome } from './http-transport.ts';
import { MailchimpRefusal, MailchimpUnreachable, MailchimpOutcomeUnknown } from './mailchimp-error.ts';
import type { SlotEnd } from './request-slots.ts';

/** What an attempt without a usable answer leads to. */
export interface Setback {
  /** To throw when it is not, or no more, tried again. */
  error: Error;
  slotEnd: SlotEnd;
  /** When to try again; undefined where that is of no use or not safe. */
  schedule: RetrySchedule | undefined;
}

const patience = {
  /** Reads that failed in passing, and anything that never left. */
  passing: { attempts: 5, firstWaitMs: 1_000, longestWaitMs: 30_000 },
  /** "Too many at once": surely not carried out. About 10 minutes. */
  crowded: { attempts: 16, firstWaitMs: 1_000, longestWaitMs: 60_000 },
  /** Turned away by the CDN without a reason: coming back soon prolongs it. About 6 minutes. */
  turnedAway: { attempts: 6, firstWaitMs: 15_000, longestWaitMs: 240_000 },
} satisfies Record<string, RetrySchedule>;

/**
 * Reads may always be repeated. A write is repeated only when it surely did not happen; when nobody knows, the error
 * is `MailchimpOutcomeUnknown`.
 * @param lack of a successful answer that was not understood: what it lacked
 */
export function setbackOf(
  request: ApiRequest,
  outcome: HttpOutcome,
  deadlineMs: number,
  lack: string | undefined,
): Setback {
  if (outcome.kind === 'unsent') {
    const error = new MailchimpUnreachable(request, outcome.cause);
    return { error, slotEnd: { kind: 'over' }, schedule: patience.passing };
  }

  const isRead = request.method === 'GET';
  const until = new Date(outcome.sentAt.getTime() + deadlineMs);
  /** It may or may not have been carried out: fine for a read, for a write somebody has to look. */
  const doubtful = (error: Error, slotEnd: SlotEnd): Setback =>
    isRead
      ? { error, slotEnd, schedule: patience.passing }
      : {
          error: new MailchimpOutcomeUnknown(request, outcome.sentAt, until, error),
          slotEnd,
          schedule: undefined,
        };

  if (outcome.kind === 'lost') {
    return doubtful(new MailchimpUnreachable(request, outcome.cause), { kind: 'abandoned', until });
  }
  const failure =
    lack === undefined
      ? classifyFailure({ ...outcome.answer, template: request.template })
      : failures.badAnswer(lack);
  const refusal = new MailchimpRefusal(request, failure);
  switch (failure.class) {
    case 'retry':
      if (failure.code === 'throttled') {
        const schedule = outcome.answer.status === 429 ? patience.crowded : patience.turnedAway;
        return { error: refusal, slotEnd: { kind: 'throttled' }, schedule };
      }
      // An internal error comes from the application itself: it is over there, done or not.
      return doubtful(refusal, { kind: 'over' });
    case 'retryAfterDeadline':
      return doubtful(refusal, { kind: 'abandoned', until });
    case 'run':
    case 'person':
    case 'configuration':
    case 'bug':
      return { error: refusal, slotEnd: { kind: 'over' }, schedule: undefined };
  }
}

export function isSuccess(answer: HttpAnswer): boolean {
  return answer.status >= 200 && answer.status < 300;
}
