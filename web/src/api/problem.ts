/** What the server says when it does not do what was asked (RFC 9457, with our codes). */
export interface Problem {
  status: number;
  kind: string;
  code: string;
  /** What is wrong, in a sentence. */
  detail: string;
  hint?: string;
  /** `never`, `later` or `now`. */
  retry?: string;
  /** Places in what was sent, as in `rules.rules[0].value`. */
  problems?: readonly { path?: string; message: string; hint?: string }[];
}

/** Thrown by everything that asks the server. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }

  get code(): string {
    return this.problem.code;
  }
}

/** Any failure as a problem: the server's own, that it did not answer, or a fault of this page. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  return { status: 0, kind: 'internal', code: 'page_failed', detail };
}

/**
 * Where a request got no answer at all.
 * @param error what `fetch` throws: a TypeError when nobody answers, anything else as it is
 * @throws ApiProblem `no_answer`
 */
export function notReached(error: unknown): never {
  if (!(error instanceof TypeError)) throw error;
  throw new ApiProblem({ status: 0, kind: 'network', code: 'no_answer', detail: error.message });
}

/** Reads the body of an answer that is no success; one that is not of our server says little. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return new ApiProblem({
    ...given,
    status,
    kind: given.kind ?? 'internal',
    // Of a proxy: that nobody is behind it, or that it does not let this through.
    code: given.code ?? (status >= 500 ? 'no_answer' : 'refused_on_the_way'),
    detail: given.detail ?? `The server answered ${status}.`,
  });
}

/** Whether asking once more could end in another way: the server has decided what it answers with 4xx. */
export function mayGoBetter(error: unknown): boolean {
  const { status } = problemOf(error);
  return status < 400 || status >= 500;
}
