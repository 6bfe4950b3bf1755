import { classifyPerson } from './classify-person.ts';
import { failures, type Failure } from './failure-catalogue.ts';
import { parseProblem, withoutAddresses, type ProblemDetail } from './problem-detail.ts';

export interface FailedAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
  /** The path's template: a missing member is one person's matter, a missing audience the run's. */
  template: string;
}

/** What an answer that is no success means, by FACTS §8: status first, then detail, then title, then fields. */
export function classifyFailure(answer: FailedAnswer): Failure {
  const problem = parseProblem(answer.body);
  const reference = referenceOf(problem, answer.headers);
  const said = answer.status === 400 ? wordsOf(problem) : '';
  return {
    ...classify(answer, problem),
    status: answer.status,
    ...(said === '' ? {} : { said }),
    ...(reference === undefined ? {} : { reference }),
  };
}

/** What a refusal says, the first field it minds included. */
function wordsOf(problem: ProblemDetail | undefined): string {
  const [first] = problem?.errors ?? [];
  const field = first === undefined ? '' : `${first.field}: ${first.message}`;
  return withoutAddresses(
    [problem?.detail || problem?.title || '', field].filter((part) => part !== '').join(' '),
  );
}

function classify(answer: FailedAnswer, problem: ProblemDetail | undefined): Failure {
  const { status, template } = answer;
  const detail = problem?.detail ?? '';
  if (status >= 300 && status < 400) return failures.redirected;
  switch (status) {
    case 400:
      return classifyBadRequest(problem, template);
    case 401:
      return /did not include an api key/i.test(detail) ? failures.keyMissing : failures.keyRefused;
    case 403:
      if (problem === undefined) return failures.throttledByCdn;
      if (/deactivated/i.test(detail) || /user disabled/i.test(problem.title))
        return failures.accountDeactivated;
      if (/does not have access/i.test(detail)) return failures.notPermitted;
      return failures.forbidden;
    case 404:
      // A 404 that is no problem detail comes from a proxy or a wrong root: it says nothing about an audience or a person.
      if (problem === undefined) return failures.rootNotFound;
      if (isAboutMember(template)) return failures.memberNotFound;
      return template.includes('{segment_id}') ? failures.tagNotFound : failures.notFound;
    case 405:
      return /list member cannot be removed/i.test(detail)
        ? failures.cannotRemove
        : failures.methodNotAllowed;
    case 408:
      return failures.gateway;
    case 426:
      return failures.plainHttp;
    case 429:
      return /pending/i.test(detail) ? failures.queueFull : failures.throttled;
    case 503:
      return /compliance/i.test(problem?.title ?? '') || /has been disabled/i.test(detail)
        ? failures.methodDisabled
        : failures.gateway;
    case 500:
      return failures.serverError;
    default:
      return status >= 500 ? failures.gateway : failures.refused(status);
  }
}

function classifyBadRequest(problem: ProblemDetail | undefined, template: string): Failure {
  if (problem === undefined) return failures.refused(400);
  const { type, title, detail, errors } = problem;
  if (refusesFields(problem)) return failures.fieldsRefused;
  if (/tag already exists/i.test(detail)) return failures.tagExists;
  if (/json parse/i.test(title) || /json parsing/i.test(detail)) return failures.badJson;
  if (/account export/i.test(`${title} ${detail} ${type}`)) return failures.exportInProgress;

  const [first] = errors;
  const verdict = classifyPerson({
    text: detail,
    title,
    ...(first === undefined ? {} : { field: first.field, fieldMessage: first.message }),
  });
  if (verdict.reason === 'schema_mismatch') return failures.schemaMismatch(verdict.field);
  if (verdict.reason === 'unknown' && !isAboutMember(template)) return failures.refused(400);
  return failures.person(verdict.reason, verdict.text);
}

/** Whether the server minds the `fields` parameter itself; "Your merge fields were invalid." does not. */
function refusesFields({ type, title, detail, errors }: ProblemDetail): boolean {
  const named = /requested\s*fields/i;
  return (
    named.test(type) ||
    named.test(title) ||
    named.test(detail) ||
    /\bfields?\b['"`]? (query |parameter)/i.test(detail) ||
    errors.some(({ field }) => field === 'fields' || field === 'exclude_fields')
  );
}

function isAboutMember(template: string): boolean {
  return template.includes('{subscriber_hash}');
}

function referenceOf(
  problem: ProblemDetail | undefined,
  headers: Record<string, string>,
): string | undefined {
  const reference = problem?.instance || headers['x-request-id'] || '';
  return /^[\w-]{8,64}$/.test(reference) ? reference : undefined;
}
