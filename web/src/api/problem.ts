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

/** Any failure as a problem: the server's own, or that it did not answer. */
export function problemOf(error: unknown): Problem {
  if (error instanceof ApiProblem) return error.problem;
  const detail = error instanceof Error ? error.message : String(error);
  // What fetch throws when nobody answers.
  if (error instanceof TypeError) return { status: 0, kind: 'network', code: 'no_answer', detail };
  return { status: 0, kind: 'internal', code: 'page_failed', detail };
}

/** Reads the body of an answer that is no success. */
export function problemFrom(status: number, body: unknown): ApiProblem {
  const given = (typeof body === 'object' && body !== null ? body : {}) as Partial<Problem>;
  return new ApiProblem({
    ...given,
    status,
    kind: given.kind ?? 'internal',
    code: given.code ?? 'no_answer',
    detail: given.detail ?? `The server answered ${status}.`,
  });
}
