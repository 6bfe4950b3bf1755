import { z } from 'zod';

/** Mailchimp's error body (`application/problem+json`); real ones lack any of these. */
export interface ProblemDetail {
  type: string;
  title: string;
  detail: string;
  /** The id to name to Mailchimp's support. */
  instance: string;
  errors: { field: string; message: string }[];
}

const text = z.string().catch('');
const problem = z.looseObject({
  type: text,
  title: text,
  detail: text,
  instance: text,
  errors: z.array(z.object({ field: text, message: text })).catch([]),
});

/** The problem in a body, or undefined where it is none: HTML of the CDN, nothing, some other JSON. */
export function parseProblem(body: string): ProblemDetail | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = problem.safeParse(json);
  if (!parsed.success) return undefined;
  const { type, title, detail, instance, errors } = parsed.data;
  return title === '' && detail === '' && errors.length === 0
    ? undefined
    : { type, title, detail, instance, errors };
}

/** `text` with every e-mail address in it replaced: what is left may be shown, counted and logged. */
export function withoutAddresses(text: string): string {
  return text.replaceAll(/[^\s"'<>(),:;]+@[^\s"'<>(),:;]+/g, '(address)').trim();
}
