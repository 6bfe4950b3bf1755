import createClient from 'openapi-fetch';
import { notReached, problemFrom } from './problem.ts';
import type { paths } from './schema.ts';

/** Asks the server that sent this page; typed by its own OpenAPI document. */
export const api = createClient<paths>({ baseUrl: window.location.origin });

/**
 * What was asked for.
 * @throws ApiProblem where the server says no, or does not answer
 */
export async function answerOf<Data>(
  asked: Promise<{ data?: Data; error?: unknown; response: Response }>,
): Promise<Data> {
  const { data, error, response } = await asked.catch(notReached);
  if (!response.ok) throw problemFrom(response.status, error);
  return data as Data;
}

/** Where a file is to be had, for a link that saves it. */
export function fileAddress(path: string): string {
  return `/api/v1${path}`;
}
