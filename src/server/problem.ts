import type { FastifyError } from 'fastify';
import { asKnown, inputError, messageOf, PostriderError } from '../base/errors.ts';

/** RFC 9457, with our kind, code and hint beside what it asks for. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  kind: string;
  code: string;
  hint?: string | undefined;
  retry: string;
}

/** Codes whose status is another one than their kind's. */
const statusByCode: Readonly<Record<string, number>> = {
  sign_in_needed: 401,
  sign_in_failed: 401,
  locked_out: 429,
  too_many_requests: 429,
  precondition_required: 428,
  edited_meanwhile: 412,
  bad_cursor: 400,
  bad_request: 400,
  oidc_absent: 404,
  no_server: 503,
  body_too_large: 413,
  content_type: 415,
  not_found: 404,
};

/** What a request that ended in an error is answered with. No stack, no cause: these may name people. */
export function problemDetails(error: unknown): Problem {
  const known = ofOurs(error);
  const status = statusOf(known);
  return {
    type: `urn:postrider:error:${known.code}`,
    title: titles[status] ?? 'Error',
    status,
    detail: known.message,
    kind: known.kind,
    code: known.code,
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    retry: known.retry,
  };
}

/** What the log says of a failure: messages may hold what people typed or what a row held; name and place are enough. */
export function failureOf(error: unknown): { code: string; name: string; at: string[] } {
  const { name, stack = '' } = error as Error;
  const places = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return { code: problemDetails(error).code, name, at: places.slice(0, 12).map((line) => line.trim()) };
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Sign-in needed',
  403: 'Forbidden',
  404: 'Not found',
  409: 'Conflict',
  412: 'Changed meanwhile',
  413: 'Too large',
  415: 'Not that type',
  422: 'Not possible so',
  428: 'Which state?',
  429: 'Too many requests',
  500: 'Our fault',
  502: 'The other side failed',
  503: 'Not now',
};

function statusOf({ kind, code }: PostriderError): number {
  const own = statusByCode[code];
  if (own !== undefined) return own;
  switch (kind) {
    case 'input':
      return code.endsWith('_unknown') ? 404 : 422;
    case 'configuration':
      return 422;
    case 'conflict':
    case 'brake':
      return 409;
    case 'forbidden':
      return 403;
    case 'remote':
      return 502;
    case 'internal':
      return 500;
    default:
      throw new Error(`no such kind: ${String(kind satisfies never)}`);
  }
}

/** There is nothing at an address. */
export function notFound(): PostriderError {
  return inputError('not_found', 'There is nothing at this address.', 'See /docs.');
}

function ofOurs(thrown: unknown): PostriderError {
  const error = asKnown(thrown);
  if (error instanceof PostriderError) return error;
  const { code = '', statusCode = 500, validation } = error as Partial<FastifyError>;
  if (validation !== undefined || code === 'FST_ERR_CTP_INVALID_JSON_BODY' || statusCode === 400)
    return inputError('bad_request', messageOf(error), 'See /docs for what is taken here.');
  // What the library of files says of a path that none of ours can have.
  if (statusCode === 403 || statusCode === 404) return notFound();
  if (statusCode === 413)
    return inputError(
      'body_too_large',
      'This is more than is taken at once.',
      'Send less at once: rows in batches, files by upload.',
    );
  if (statusCode === 415)
    return inputError(
      'content_type',
      'A body of this type is not taken here.',
      'Send JSON, as Content-Type: application/json.',
    );
  if (statusCode === 429)
    return new PostriderError({
      kind: 'forbidden',
      code: 'too_many_requests',
      message: 'These are too many requests in a short time.',
      hint: 'Wait a minute.',
      retry: 'later',
    });
  return new PostriderError({
    kind: 'internal',
    code: 'bug',
    message: 'This is a bug in Postrider; the log of the server has it.',
    cause: error,
  });
}
