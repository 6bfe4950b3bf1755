import { PostriderError, type ErrorKind, type Retry } from '../../base/errors.ts';
import { OutcomeUnknown } from '../destination.ts';
import type { ApiRequest } from './api-request.ts';
import type { Failure, FailureClass } from './failure-catalogue.ts';

/** Mailchimp refused a call, and repeating it did not help or would not. Its code is `mailchimp_` + the failure's. */
export class MailchimpRefusal extends PostriderError {
  readonly failure: Failure;

  constructor(request: ApiRequest, failure: Failure) {
    const reference = failure.reference === undefined ? '' : ` Mailchimp’s reference: ${failure.reference}.`;
    super({
      ...meaning[failure.class],
      code: `mailchimp_${failure.code}`,
      message: `${failure.message} (${request.method} ${request.template})${reference}`,
      hint: failure.hint,
    });
    this.name = 'MailchimpRefusal';
    this.failure = failure;
  }
}

/** Nothing reached Mailchimp, or no read came back, after all tries. */
export class MailchimpUnreachable extends PostriderError {
  constructor(request: ApiRequest, cause: unknown) {
    super({
      kind: 'remote',
      code: 'mailchimp_unreachable',
      message: `Mailchimp cannot be reached. (${request.method} ${request.template})`,
      hint: 'Check the network and the API root; nothing of this call was carried out.',
      retry: 'later',
      cause,
    });
    this.name = 'MailchimpUnreachable';
  }
}

/**
 * A write left, and nobody knows whether it was carried out. Do not repeat it: read the people back first, and not
 * before `mayRunUntil`, since the server may still be at work until then.
 */
export class MailchimpOutcomeUnknown extends OutcomeUnknown {
  readonly sentAt: Date;
  readonly mayRunUntil: Date;

  constructor(request: ApiRequest, sentAt: Date, mayRunUntil: Date, cause: unknown) {
    super({
      kind: 'remote',
      code: 'mailchimp_outcome_unknown',
      message: `It is not known whether Mailchimp carried out a change. (${request.method} ${request.template})`,
      hint: 'Read the audience back before the change is repeated; the next run does.',
      retry: 'later',
      cause,
    });
    this.name = 'MailchimpOutcomeUnknown';
    this.sentAt = sentAt;
    this.mayRunUntil = mayRunUntil;
  }
}

const meaning: Record<FailureClass, { kind: ErrorKind; retry: Retry }> = {
  retry: { kind: 'remote', retry: 'later' },
  retryAfterDeadline: { kind: 'remote', retry: 'later' },
  run: { kind: 'configuration', retry: 'never' },
  person: { kind: 'input', retry: 'never' },
  configuration: { kind: 'configuration', retry: 'never' },
  bug: { kind: 'internal', retry: 'never' },
};

/** Whether Mailchimp refused with this failure's code. */
export function isRefusal(error: unknown, code: string): error is MailchimpRefusal {
  return error instanceof MailchimpRefusal && error.failure.code === code;
}

/** For `catch`: the answer that these refusals are, by code; any other error is thrown on. */
export function refusalAs<T>(answers: Readonly<Record<string, T>>): (error: unknown) => T {
  return (error) => {
    if (error instanceof MailchimpRefusal && Object.hasOwn(answers, error.failure.code)) {
      return answers[error.failure.code] as T;
    }
    throw error;
  };
}
