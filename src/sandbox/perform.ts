import type { User } from './access.ts';
import type { Account } from './account.ts';
import type { ApiCall, JsonObject } from './api-call.ts';
import { FieldFilter } from './field-filter.ts';
import {
  internalError,
  invalidResource,
  jsonParseException,
  methodNotAllowed,
  notFound,
  notPermitted,
  Problem,
} from './problem.ts';
import { randomUuid } from './random.ts';
import { findRoute } from './routes.ts';

/** One request below `/3.0`, from the wire or from a batch of operations. */
export interface ApiRequest {
  user: User;
  method: string;
  path: string;
  query: URLSearchParams;
  body: string;
  /** For links to the sandbox itself. */
  origin: string;
}

export interface ApiAnswer {
  status: number;
  /** Undefined for 204. */
  document: unknown;
  headers: Readonly<Record<string, string>>;
}

/** Does what the request asks and gives the answer; a refusal is an answer too. */
export async function perform(account: Account, request: ApiRequest): Promise<ApiAnswer> {
  try {
    const document = await answer(account, request);
    return { status: document === undefined ? 204 : 200, document, headers: {} };
  } catch (thrown) {
    const problem = thrown instanceof Problem ? thrown : internalError();
    if (problem !== thrown) console.error(thrown);
    return problemAnswer(account, problem);
  }
}

async function answer(account: Account, request: ApiRequest): Promise<unknown> {
  const route = findRoute(request.path);
  if (route === undefined) throw notFound();
  const endpoint = route.endpoints[request.method];
  if (endpoint === undefined) throw methodNotAllowed(Object.keys(route.endpoints));
  if (request.user.role === 'viewer' && request.method !== 'GET') throw notPermitted();
  const [handle, names] = endpoint;
  const filter = filterOf(account, request);
  // Before the handler: a call that is refused must not have written anything.
  if (names !== undefined) filter.expect(names);
  const call: ApiCall = {
    user: request.user,
    params: route.params,
    query: request.query,
    body: parseBody(request.body),
    filter,
    origin: request.origin,
  };
  return filter.apply(await handle(account, call));
}

/** `fields` on the two bulk calls is not in the description: see the mode (FACTS §4). */
function filterOf(account: Account, request: ApiRequest): FieldFilter {
  const isBulk = request.method === 'POST' && /^\/lists\/[^/]+(\/segments\/[^/]+)?\/?$/.test(request.path);
  if (!isBulk || account.modes.postFields === 'honoured') return FieldFilter.of(request.query);
  if (
    account.modes.postFields === 'refused' &&
    (request.query.has('fields') || request.query.has('exclude_fields'))
  ) {
    throw invalidResource([{ field: 'fields', message: 'This parameter is not allowed here.' }]);
  }
  return FieldFilter.everything;
}

function parseBody(text: string): JsonObject {
  if (text.trim() === '') return {};
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw jsonParseException();
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalidResource([{ field: '', message: 'Schema describes object, another type found instead' }]);
  }
  return body as JsonObject;
}

/** A problem as an answer: its `instance` is also the request id, unless the mode takes it away (FACTS §2, §9.8). */
export function problemAnswer(account: Account, problem: Problem): ApiAnswer {
  const id = randomUuid(account.random);
  const instance = shownInstance(account, id);
  return {
    status: problem.status,
    document: problem.document(instance),
    headers: {
      ...problem.headers,
      'X-Request-Id': id,
      Link: '<https://us1.api.mailchimp.com/schema/3.0/ProblemDetailDocument.json>; rel="describedBy"',
    },
  };
}

function shownInstance(account: Account, id: string): string | undefined {
  switch (account.modes.instance) {
    case 'uuid':
      return id;
    case 'empty':
      return '';
    case 'absent':
      return undefined;
    case 'sometimes empty':
      return account.random() < 0.5 ? '' : id;
  }
}
