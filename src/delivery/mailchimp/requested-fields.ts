import type { ApiRequest } from './api-request.ts';
import { isRefusal } from './mailchimp-error.ts';
import type { CallHooks, PatientRequests, Reply } from './patient-requests.ts';

/** A call that asks for some parts of the answer only. */
export type AskFor = <T>(
  request: ApiRequest,
  fields: readonly string[],
  read: (reply: Reply) => T,
  signal: AbortSignal | undefined,
  hooks?: CallHooks,
) => Promise<T>;

/**
 * Sends `fields` with each call. Where the server refuses the parameter, as it may on POST where it is undocumented,
 * the call is repeated without it, and from then on the same call goes without: a 400 wrote nothing.
 */
export function askForFields(requests: PatientRequests): AskFor {
  const refused = new Set<string>();
  return async (request, fields, read, signal, hooks) => {
    const call = `${request.method} ${request.template}`;
    if (!refused.has(call)) {
      const query = { ...request.query, fields: fields.join(',') };
      try {
        return await requests.call({ ...request, query }, read, signal, hooks);
      } catch (error) {
        if (!isRefusal(error, 'fields_refused')) throw error;
        refused.add(call);
      }
    }
    return requests.call(request, read, signal, hooks);
  };
}

/** `fields` of the objects under `parent`, in the API's dotted form. */
export function under(parent: string, fields: readonly string[]): string[] {
  return fields.map((field) => `${parent}.${field}`);
}
