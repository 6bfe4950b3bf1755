import type { AddressFault } from './email-address.ts';
import { invalidResource, Problem, validationDetail } from './problem.ts';
import type { FieldError } from './problem.ts';

/** Why a write to one member was not done. */
export type MemberRefusal =
  | { kind: 'address'; fault: AddressFault }
  | { kind: 'role' }
  | { kind: 'duplicate' }
  | { kind: 'exists' }
  | { kind: 'compliance' }
  | { kind: 'forgotten' }
  | { kind: 'throttled' }
  | { kind: 'overLimit' }
  | { kind: 'mergeFields'; errors: readonly FieldError[] }
  | { kind: 'schema'; errors: readonly FieldError[] }
  | { kind: 'addressTaken'; status: string }
  | { kind: 'addressFixed'; status: string };

/** The sentence about one address, the same in a problem's detail and in a batch's `errors` (FACTS §8). */
function sentence(refusal: MemberRefusal, address: string): string {
  switch (refusal.kind) {
    case 'address':
      return addressSentence(refusal.fault, address);
    case 'role':
      return `${address} looks like a role-based address, which cannot be imported.`;
    case 'duplicate':
      return `${address} is listed more than once in this request.`;
    case 'exists':
      return `${address} is already a list member. Use PUT to insert or update list members.`;
    case 'compliance':
      return `${address} is in a compliance state due to unsubscribe, bounce, or compliance review and cannot be subscribed.`;
    case 'forgotten':
      return `${address} was permanently deleted and cannot be re-imported. The contact must re-subscribe to get back on the list.`;
    case 'throttled':
      return `${address} has signed up to a lot of lists very recently; we're not allowing more signups for now`;
    case 'overLimit':
      return 'User does not have access to the requested operation';
    case 'mergeFields':
      return 'Your merge fields were invalid.';
    case 'schema':
    case 'addressFixed':
    case 'addressTaken':
      return validationDetail;
  }
}

function addressSentence(fault: AddressFault, address: string): string {
  switch (fault) {
    case 'blank':
      return 'Blank email address';
    case 'notValid':
      return 'Please provide a valid email address.';
    case 'looksFake':
      return `${address} looks fake or invalid, please enter a real email address.`;
  }
}

/** A row of `errors` in the answer to POST /lists/{id} (FACTS §4). */
export function refusalRow(refusal: MemberRefusal, address: string): Record<string, string> {
  if (refusal.kind === 'exists') {
    return {
      email_address: address,
      error: `${address} is already a list member, do you want to update? please provide update_existing:true in the request body`,
      error_code: 'ERROR_CONTACT_EXISTS',
    };
  }
  const first = 'errors' in refusal ? refusal.errors[0] : undefined;
  return {
    email_address: address,
    error: sentence(refusal, address),
    error_code: 'ERROR_GENERIC',
    ...(first === undefined ? {} : { field: first.field, field_message: first.message }),
  };
}

/** The problem document of a call about one member. */
export function refusalProblem(refusal: MemberRefusal, address: string): Problem {
  const detail = sentence(refusal, address);
  switch (refusal.kind) {
    case 'exists':
      return new Problem(400, 'Member Exists', detail, { typed: false });
    case 'compliance':
      return new Problem(400, 'Member In Compliance State', detail, { typed: false });
    case 'forgotten':
      return new Problem(400, 'Forgotten Email Not Subscribed', detail, { typed: false });
    case 'overLimit':
      return new Problem(403, 'User action not permitted', detail);
    case 'mergeFields':
    case 'schema':
      return invalidResource(refusal.errors, detail);
    case 'addressTaken':
      return invalidResource([
        {
          field: 'email address',
          message: `"${address}" is already in this list with a status of "${shownStatus(refusal.status)}".`,
        },
      ]);
    case 'addressFixed':
      return invalidResource([
        {
          field: 'email address',
          message: `This member's status is "${refusal.status}." You can only update email addresses for members with a status of "subscribed."`,
        },
      ]);
    case 'address':
    case 'role':
    case 'duplicate':
    case 'throttled':
      return new Problem(400, 'Invalid Resource', detail);
  }
}

/** The user interface's word for a status. */
function shownStatus(status: string): string {
  if (status === 'transactional') return 'Non-Subscribed';
  if (status === 'archived') return 'Deleted';
  return status.charAt(0).toUpperCase() + status.slice(1);
}
