import type { IncomingMessage, ServerResponse } from 'node:http';
import type { User } from './access.ts';
import type { Account } from './account.ts';
import { readBody } from './http-message.ts';
import { drawLatency } from './latency.ts';
import { perform, problemAnswer } from './perform.ts';
import {
  forbidden,
  internalError,
  keyInvalid,
  keyMissing,
  notFound,
  Problem,
  tooManyConnections,
  userDisabled,
} from './problem.ts';
import type { RequestOutcome, RequestRecord } from './request-log.ts';
import { whoAsks } from './who-asks.ts';
import { faultAnswer, floodAnswer, sendWire, wireStatus } from './wire-answer.ts';
import type { WireAnswer } from './wire-answer.ts';

/** Where a request goes: below `/3.0`, without the query. */
export interface Target {
  path: string;
  query: URLSearchParams;
  origin: string;
}

/**
 * One request to `/3.0`, in the order of the real thing: token, slot, body, latency, work, answer.
 * The slot is held until the work is done, whether or not the client still listens; at the deadline the CDN
 * answers 502 and the work goes on (FACTS §9.1, §9.2).
 */
export async function serveApi(
  account: Account,
  request: IncomingMessage,
  response: ServerResponse,
  target: Target,
): Promise<void> {
  const user = whoAsks(account, request);
  const isKnown = !(user instanceof Problem);
  const method = (request.method ?? 'GET').toUpperCase();
  const started = performance.now();
  const record = account.log.open({
    at: account.date().toISOString(),
    method,
    path: target.query.size === 0 ? target.path : `${target.path}?${target.query.toString()}`,
    user: isKnown ? user.name : '',
    inFlight: isKnown ? account.slots.held(user) + 1 : 0,
  });
  const close = (outcome: RequestOutcome, status?: number) =>
    account.log.close(record, outcome, status, performance.now() - started);
  const refuse = (answer: WireAnswer) => {
    request.resume();
    close('answered', wireStatus(answer));
    sendWire(response, answer, account.date());
  };
  if (!isKnown) return refuse({ kind: 'api', answer: problemAnswer(account, user) });
  if (!account.slots.take(user, account.modes.ceiling)) return refuse(floodAnswer(account));
  try {
    const body = await readBody(request);
    if (body === undefined) return close('aborted');
    const deadline = setTimeout(
      () => sendWire(response, { kind: 'html', status: 502 }, account.date()),
      account.modes.deadlineMs,
    );
    const answer = await work(account, { ...target, user, method, body }, request, record);
    clearTimeout(deadline);
    if (answer.kind === 'reset') close('reset');
    else if (response.headersSent) close('answered', 502);
    else if (response.destroyed) close('aborted');
    else close('answered', wireStatus(answer));
    sendWire(response, answer, account.date());
  } finally {
    account.slots.release(user);
  }
}

async function work(
  account: Account,
  call: Target & { user: User; method: string; body: string },
  request: IncomingMessage,
  record: RequestRecord,
): Promise<WireAnswer> {
  const members = countMembers(call.method, call.body);
  const fault = account.faults.meet(call.method, call.path);
  record.fault = fault?.id;
  if (account.modes.logBodies) record.body = call.body;
  const delay = fault?.answer.kind === 'delay' ? fault.answer.ms : 0;
  const latency = drawLatency(account.latency, account.random) + delay;
  if (latency > 0) await account.wait(latency);
  if (account.closing.aborted) return { kind: 'reset' };
  const instead = fault === undefined ? undefined : faultAnswer(account, fault);
  if (instead !== undefined && fault?.when === 'before') return instead;
  const method = methodToPerform(request, call.method);
  if (method instanceof Problem) return { kind: 'api', answer: problemAnswer(account, method) };
  account.log.noteWork(record, members);
  const answer = await perform(account, { ...call, method });
  if (fault?.answer.kind === 'cut') return { kind: 'cut', answer };
  return instead ?? { kind: 'api', answer };
}

/** Minds `X-Trigger-Error` and `X-HTTP-Method-Override` (FACTS §2). */
function methodToPerform(request: IncomingMessage, method: string): string | Problem {
  const trigger = request.headers['x-trigger-error'];
  if (typeof trigger === 'string') return (triggered[trigger] ?? internalError)();
  const override = request.headers['x-http-method-override'];
  if (typeof override !== 'string') return method;
  if (method === 'POST') return override.toUpperCase();
  return new Problem(422, 'Method Override Invalid', 'X-HTTP-Method-Override can only be used with POST.');
}

const triggered: Record<string, () => Problem> = {
  APIKeyMissing: keyMissing,
  APIKeyInvalid: keyInvalid,
  UserDisabled: userDisabled,
  Forbidden: forbidden,
  ResourceNotFound: notFound,
  TooManyRequests: () => tooManyConnections(10),
  InternalServerError: internalError,
};

/** How many people a call carries, told from the body without parsing it twice. */
function countMembers(method: string, body: string): number {
  if (method === 'GET' || body === '') return 0;
  const addresses = body.split('"email_address"').length - 1;
  if (addresses > 0) return addresses;
  return /"members_to_(add|remove)"/.test(body) ? body.split('@').length - 1 : 0;
}
