/**
 * Who can do something about a failed call:
 * `retry` nobody, the same call works later; `retryAfterDeadline` the same, but the call may still be running, so
 * wait or read back before the same people go again; `run` the account's owner; `person` the one person it is about;
 * `configuration` the export's settings; `bug` us.
 */
export type FailureClass = 'retry' | 'retryAfterDeadline' | 'run' | 'person' | 'configuration' | 'bug';

export interface Failure {
  class: FailureClass;
  /** Stable; `throttled` is what slows us down. */
  code: string;
  message: string;
  hint: string;
  /** The answer's. */
  status?: number;
  /** Mailchimp's own words without addresses, where it refused a request for what was in it. */
  said?: string;
  /** Mailchimp's id of the answer, for its support. */
  reference?: string;
}

/** Every failure there is, in our words. */
export const failures = {
  redirected: {
    class: 'run',
    code: 'redirected',
    message: 'Mailchimp’s address answered with a redirect, which is never followed.',
    hint: 'Correct the API root (MAILCHIMP_BASE_URL), with /3.0 at the end.',
  },
  keyMissing: {
    class: 'run',
    code: 'key_missing',
    message: 'Mailchimp saw no key in the request.',
    hint: 'Check that no proxy between here and Mailchimp removes the authorization header.',
  },
  keyRefused: {
    class: 'run',
    code: 'key_refused',
    message:
      'Mailchimp does not accept the key: it was revoked, is mistyped or belongs to another data centre.',
    hint: 'Reconnect the account with a new key.',
  },
  accountDeactivated: {
    class: 'run',
    code: 'account_deactivated',
    message: 'Mailchimp has deactivated this account or user.',
    hint: 'Sign in at Mailchimp to see why; then reconnect with a new key.',
  },
  notPermitted: {
    class: 'run',
    code: 'not_permitted',
    message: 'The role or the plan of the Mailchimp user does not allow this.',
    hint: 'Use a key of a user with the manager role or higher, and check the plan.',
  },
  forbidden: {
    class: 'run',
    code: 'forbidden',
    message: 'Mailchimp does not permit this account to use what was asked for.',
    hint: 'Check the role of the key’s user and what the plan includes.',
  },
  throttledByCdn: {
    class: 'retry',
    code: 'throttled',
    message: 'Mailchimp’s front door turned the request away without a reason, as it does under high volume.',
    hint: 'Run again later; when it stays, lower MAILCHIMP_MAX_REQUESTS or check that this host’s address is not blocked.',
  },
  throttled: {
    class: 'retry',
    code: 'throttled',
    message: 'Mailchimp gets too many requests of this user at once.',
    hint: 'Lower MAILCHIMP_MAX_REQUESTS, or run when other integrations of the account are quiet.',
  },
  queueFull: {
    class: 'retry',
    code: 'queue_full',
    message: 'Mailchimp has too many jobs of this account waiting.',
    hint: 'Try again in some minutes.',
  },
  memberNotFound: {
    class: 'person',
    code: 'not_found',
    message: 'The audience does not hold this person.',
    hint: 'Read the audience again.',
  },
  tagNotFound: {
    class: 'run',
    code: 'tag_not_found',
    message: 'The tag, or its audience, does not exist any more.',
    hint: 'Check the audience and its tags in Mailchimp; plan again.',
  },
  notFound: {
    class: 'run',
    code: 'resource_not_found',
    message: 'Mailchimp does not know the audience, or the API root is wrong.',
    hint: 'Check the audience id, that the key belongs to the account that holds it, and the API root.',
  },
  rootNotFound: {
    class: 'run',
    code: 'root_not_found',
    message: 'There is no such address, says what answered in the place of Mailchimp.',
    hint: 'Check the API root (MAILCHIMP_BASE_URL) and any proxy on the way; then run again.',
  },
  cannotRemove: {
    class: 'person',
    code: 'cannot_remove',
    message: 'Mailchimp does not archive this person: bounced, pending or archived already.',
    hint: 'Leave the person as they are.',
  },
  methodNotAllowed: {
    class: 'bug',
    code: 'method_not_allowed',
    message: 'Mailchimp does not offer this method here.',
    hint: 'Report this with the reference.',
  },
  plainHttp: {
    class: 'configuration',
    code: 'plain_http',
    message: 'Mailchimp wants https.',
    hint: 'Write the API root (MAILCHIMP_BASE_URL) with https.',
  },
  serverError: {
    class: 'retry',
    code: 'server_error',
    message: 'Mailchimp had an internal error.',
    hint: 'Run again later; when it stays, ask Mailchimp’s support with the reference.',
  },
  gateway: {
    class: 'retryAfterDeadline',
    code: 'gateway',
    message: 'Mailchimp’s front door got no answer from behind it; the work may still be going on.',
    hint: 'Wait two minutes, then run again.',
  },
  methodDisabled: {
    class: 'run',
    code: 'method_disabled',
    message: 'Mailchimp has disabled this method for the account.',
    hint: 'Ask Mailchimp’s support (compliance).',
  },
  fieldsRefused: {
    class: 'bug',
    code: 'fields_refused',
    message: 'Mailchimp does not know a field that was asked for.',
    hint: 'Report this with the reference.',
  },
  tagExists: {
    class: 'configuration',
    code: 'tag_exists',
    message: 'The audience has a tag of this name already.',
    hint: 'Adopt the tag or choose another name.',
  },
  badJson: {
    class: 'bug',
    code: 'bad_json',
    message: 'Mailchimp could not read the request’s body.',
    hint: 'Report this with the reference.',
  },
  exportInProgress: {
    class: 'run',
    code: 'export_in_progress',
    message: 'Mailchimp makes one account export in 24 hours.',
    hint: 'Try again in 24 hours.',
  },
  badAnswer: (lack: string): Failure => ({
    class: 'retryAfterDeadline',
    code: 'bad_answer',
    message: `What came back is not an answer of Mailchimp’s as it is known here: ${lack}.`,
    hint: 'Check the API root and any proxy on the way; where these are right, report this.',
  }),
  refused: (status: number): Failure => ({
    class: 'bug',
    code: 'request_refused',
    message: `Mailchimp refused the request as a whole (${status}).`,
    hint: 'Report this with the reference; nothing of the request was carried out.',
  }),
  schemaMismatch: (field: string | undefined): Failure => ({
    class: 'configuration',
    code: 'schema_mismatch',
    message: `Mailchimp cannot read the shape of ${field === undefined ? 'what was sent' : `"${field}"`}.`,
    hint: 'Check that the attribute mapped to the field fits the field’s type.',
  }),
  person: (reason: string, text: string): Failure => ({
    class: 'person',
    code: reason,
    message: text === '' ? 'Mailchimp refused this person without a reason.' : `Mailchimp said: ${text}`,
    hint: 'Look at this person in Mailchimp.',
  }),
} satisfies Record<string, Failure | ((...parts: never[]) => Failure)>;
