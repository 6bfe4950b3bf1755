import { describe, expect, it } from 'vitest';
import { classifyFailure } from './classify-failure.ts';

const E = 'ana@acme.test';
const member = '/lists/{list_id}/members/{subscriber_hash}';
const list = '/lists/{list_id}';
const tag = '/lists/{list_id}/segments/{segment_id}';
const unvalidated =
  "The resource submitted could not be validated. For field-specific details, see the 'errors' array.";
type Row = [
  status: number,
  template: string,
  title: string,
  detail: string,
  cls: string,
  code: string,
  errors?: object[],
];

const rows: Row[] = [
  [
    400,
    member,
    'Member Exists',
    `${E} is already a list member. Use PUT to insert or update list members.`,
    'person',
    'already_member',
  ],
  [
    400,
    member,
    'Invalid Resource',
    `${E} looks fake or invalid, please enter a real email address.`,
    'person',
    'fake_address',
  ],
  [400, member, 'Invalid Resource', 'Please provide a valid email address.', 'person', 'invalid_address'],
  [400, member, 'Invalid Resource', 'Blank email address', 'person', 'invalid_address'],
  [
    400,
    member,
    'Invalid Resource',
    `${E} has signed up to a lot of lists very recently; we're not allowing more signups for now`,
    'person',
    'signup_throttled',
  ],
  [
    400,
    member,
    'Member In Compliance State',
    `${E} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`,
    'person',
    'compliance',
  ],
  [
    400,
    member,
    'Forgotten Email Not Subscribed',
    `${E} was permanently deleted and cannot be re-imported.`,
    'person',
    'deleted',
  ],
  [
    400,
    member,
    'Invalid Resource',
    'Your merge fields were invalid.',
    'person',
    'bad_field',
    [{ field: 'LTV', message: 'Please enter a number' }],
  ],
  [
    400,
    member,
    'Ungültige Ressource',
    'Your merge fields were invalid.',
    'person',
    'bad_field',
    [{ field: 'X', message: 'Bitte gib einen Wert ein.' }],
  ],
  [
    400,
    list,
    'Invalid Resource',
    unvalidated,
    'configuration',
    'schema_mismatch',
    [{ field: 'merge_fields.X', message: 'Data did not match any of the schemas described in anyOf.' }],
  ],
  [
    400,
    list,
    'Invalid Resource',
    unvalidated,
    'configuration',
    'schema_mismatch',
    [{ field: 'x', message: 'Schema describes string, NULL found instead' }],
  ],
  [
    400,
    list,
    'Invalid Resource',
    unvalidated,
    'configuration',
    'schema_mismatch',
    [{ field: '', message: 'Required fields were not provided: email_address' }],
  ],
  [
    400,
    member,
    'Invalid Resource',
    unvalidated,
    'person',
    'duplicate',
    [{ field: 'email address', message: `"${E}" is already in this list with a status of "Deleted".` }],
  ],
  [
    400,
    member,
    'Invalid Resource',
    unvalidated,
    'person',
    'not_subscribed',
    [
      {
        field: 'email address',
        message: `This member's status is "unsubscribed." You can only update email addresses for members with a status of "subscribed."`,
      },
    ],
  ],
  [
    400,
    '/lists/{list_id}/segments',
    'Bad Request',
    'Sorry, that tag already exists.',
    'configuration',
    'tag_exists',
  ],
  [400, list, 'JSON Parse Exception', 'We encountered an unspecified JSON parsing error.', 'bug', 'bad_json'],
  [400, '/account-exports', 'Account Export in Progress', '', 'run', 'export_in_progress'],
  [400, '/account-exports', 'Too Many Account Exports', '', 'run', 'export_in_progress'],
  [
    400,
    list,
    'RequestedFieldsInvalid',
    'The fields requested from this resource are invalid.',
    'bug',
    'fields_refused',
  ],
  [400, list, 'Bad Request', 'Requested fields are not valid: new_members.tags', 'bug', 'fields_refused'],
  [400, list, 'Bad Request', "The 'fields' parameter is not supported here.", 'bug', 'fields_refused'],
  [400, list, 'Bad Request', 'Something nobody has seen.', 'bug', 'request_refused'],
  [400, member, 'Bad Request', 'Something nobody has seen.', 'person', 'unknown'],
  [
    401,
    '/',
    'API Key Invalid',
    "Your API key may be invalid, or you've attempted to access the wrong datacenter.",
    'run',
    'key_refused',
  ],
  [401, '/', 'API Key Missing', 'Your request did not include an API key.', 'run', 'key_missing'],
  [403, list, 'User Disabled', 'This account has been deactivated.', 'run', 'account_deactivated'],
  [
    403,
    list,
    'User action not permitted',
    'User does not have access to the requested operation',
    'run',
    'not_permitted',
  ],
  [403, list, 'Forbidden', 'You are not permitted to access this resource.', 'run', 'forbidden'],
  [
    404,
    list,
    'Resource Not Found',
    'The requested resource could not be found.',
    'run',
    'resource_not_found',
  ],
  [404, tag, 'Resource Not Found', 'The requested resource could not be found.', 'run', 'tag_not_found'],
  [404, member, 'Resource Not Found', 'The requested resource could not be found.', 'person', 'not_found'],
  [
    405,
    member,
    'Method Not Allowed',
    'This list member cannot be removed.  Please contact support.',
    'person',
    'cannot_remove',
  ],
  [
    405,
    member,
    'Method Not Allowed',
    'This list member cannot be removed. Can not archive a contact that is bounced, pending or archived',
    'person',
    'cannot_remove',
  ],
  [
    405,
    member,
    'Method Not Allowed',
    "The requested method and resource are not compatible. See the Allow header for this resource's available methods.",
    'bug',
    'method_not_allowed',
  ],
  [414, list, 'Resource Nesting Too Deep', '', 'bug', 'request_refused'],
  [422, list, 'Invalid Method Override', '', 'bug', 'request_refused'],
  [426, list, 'Upgrade Required', '', 'configuration', 'plain_http'],
  [
    429,
    list,
    'Too Many Requests',
    'You have exceeded the limit of 10 simultaneous connections.',
    'retry',
    'throttled',
  ],
  [
    429,
    list,
    'TooManyRequests',
    'You have more than 500 pending webhooks. Please wait for some to complete before adding any more batches.',
    'retry',
    'queue_full',
  ],
  [
    500,
    list,
    'InternalServerError',
    'A deep, internal error has occurred during the processing of your request. Please contact support.',
    'retry',
    'server_error',
  ],
  [500, list, 'InternalServerError', 'An unexpected internal error has occurred.', 'retry', 'server_error'],
  [503, list, 'ComplianceRelated', 'This method has been disabled.', 'run', 'method_disabled'],
  [503, list, 'Service Unavailable', '', 'retryAfterDeadline', 'gateway'],
  [504, list, 'Gateway Timeout', '', 'retryAfterDeadline', 'gateway'],
];

describe('failed answers, by FACTS §8', () => {
  it.each(rows)('%i %s %s "%s" → %s %s', (status, template, title, detail, cls, code, errors) => {
    // `type` is left out: real answers often lack it.
    const body = JSON.stringify({
      title,
      status,
      detail,
      instance: '',
      ...(errors === undefined ? {} : { errors }),
    });
    const failure = classifyFailure({ status, headers: {}, body, template });
    expect(failure).toMatchObject({ class: cls, code });
    expect(failure.message).not.toContain('acme.test');
    expect(failure.hint).not.toBe('');
  });

  const html = '<html><head><title>Access Denied</title></head><body>Reference #18.2d3e</body></html>';
  it.each([
    [403, member, html, 'retry', 'throttled'],
    [403, list, '', 'retry', 'throttled'],
    [429, list, '', 'retry', 'throttled'],
    [429, list, html, 'retry', 'throttled'],
    [500, list, '', 'retry', 'server_error'],
    [502, list, html, 'retryAfterDeadline', 'gateway'],
    [503, list, html, 'retryAfterDeadline', 'gateway'],
    [524, list, html, 'retryAfterDeadline', 'gateway'],
    [408, list, '', 'retryAfterDeadline', 'gateway'],
    [301, list, html, 'run', 'redirected'],
    [302, list, '', 'run', 'redirected'],
    [401, list, html, 'run', 'key_refused'],
    // No word about a person or an audience: a proxy said it.
    [404, member, html, 'run', 'root_not_found'],
    [404, list, html, 'run', 'root_not_found'],
    [404, list, '', 'run', 'root_not_found'],
    [400, member, html, 'bug', 'request_refused'],
    [405, member, html, 'bug', 'method_not_allowed'],
  ])('%i without JSON on %s → %s', (status, template, body, cls, code) => {
    expect(classifyFailure({ status, headers: {}, body, template })).toMatchObject({ class: cls, code });
  });

  it('hands on Mailchimp’s reference, from the body or the header, when it looks like one', () => {
    const failure = (instance: string, headers: Record<string, string>) =>
      classifyFailure({
        status: 500,
        headers,
        body: JSON.stringify({ title: 'x', instance }),
        template: list,
      });
    expect(failure('3f2b1c9d-0a6e', {}).reference).toBe('3f2b1c9d-0a6e');
    expect(failure('', { 'x-request-id': '3f2b1c9d-0a6e' }).reference).toBe('3f2b1c9d-0a6e');
    expect(failure(`about ${E}`, {})).not.toHaveProperty('reference');
  });
});
