import { BatchRefused, type Verdict } from '../destination.ts';
import { classifyPerson } from './classify-person.ts';
import type { Failure } from './failure-catalogue.ts';
import { MailchimpRefusal } from './mailchimp-error.ts';

/** For `catch`: a refusal that may be some people's fault is thrown as `BatchRefused`, any other error as it is. */
export function throwBatchRefusal(error: unknown): never {
  if (!(error instanceof MailchimpRefusal) || !mayBeSomePeoples(error.failure)) throw error;
  const { kind, code, message, hint } = error;
  throw new BatchRefused(
    { kind, code, message, cause: error, ...(hint === undefined ? {} : { hint }) },
    verdictOf(error.failure),
  );
}

/**
 * A body that cannot be read, or whose members do not fit, comes back as one 400 for all of them (FACTS §4). 413 is a
 * body that is too long: halves are shorter.
 */
function mayBeSomePeoples({ class: sort, code, status }: Failure): boolean {
  if (status === 413) return true;
  return status === 400 && (sort === 'person' || culprits.has(code));
}

const culprits: ReadonlySet<string> = new Set(['schema_mismatch', 'bad_json', 'request_refused']);

/** For `catch` of a call about one person: what its refusal says of them; any other error is thrown on. */
export function verdictOn(error: unknown): Verdict {
  if (!(error instanceof MailchimpRefusal)) throw error;
  const { failure } = error;
  if (failure.code === 'not_found') return { kind: 'failed', reason: 'not_found', detail: failure.message };
  if (!mayBeSomePeoples(failure)) throw error;
  return verdictOf(failure);
}

/** Whoever is refused for an unreadable or unknown reason is parked: each run would have to look for them again. */
function verdictOf({ code, said, message }: Failure): Verdict {
  const { kind, reason, text } = classifyPerson({ text: said ?? message });
  if (code === 'bad_json') return { kind: 'rejected', reason: 'schema_mismatch', detail: text };
  const lasts = reason === 'unknown' || reason === 'schema_mismatch';
  return { kind: lasts ? 'rejected' : kind, reason, detail: text };
}
