import { z } from 'zod';
import { inputError, PostriderError } from '../base/errors.ts';
import type { ErrorDetails } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { Account } from './account.ts';
import { controlOperations } from './control-operations.ts';

type Operations = typeof controlOperations;
type Name = keyof Operations;
type Input<N extends Name> = z.input<Operations[N]['input']>;
type Result<N extends Name> = ReturnType<Operations[N]['run']>;
type Arguments<N extends Name> =
  Record<string, never> extends Input<N> ? [input?: Input<N>] : [input: Input<N>];

/** The operations of `control-operations.ts` on a sandbox in this process. Bad input throws an `input` error. */
export type SandboxControl = { [N in Name]: (...input: Arguments<N>) => Result<N> };

/** The same over HTTP. */
export type RemoteControl = { [N in Name]: (...input: Arguments<N>) => Promise<Awaited<Result<N>>> };

const names = Object.keys(controlOperations) as Name[];

export function localControl(account: Account): SandboxControl {
  const entries = names.map((name) => [name, (input?: unknown) => runOperation(account, name, input ?? {})]);
  return Object.fromEntries(entries) as SandboxControl;
}

/** Controls the sandbox at an origin, such as one in another process. Rejects with the error that it answers. */
export function remoteControl(origin: string): RemoteControl {
  const call = async (name: Name, input: unknown): Promise<unknown> => {
    const answer = await fetch(`${origin}/sandbox/${pathOf(name)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(input ?? {}),
    });
    const document: unknown = await answer.json();
    if (answer.ok) return document;
    if (answer.status < 500) throw new PostriderError(document as ErrorDetails);
    throw new Error((document as { message: string }).message);
  };
  return Object.fromEntries(
    names.map((name) => [name, (input?: unknown) => call(name, input)]),
  ) as RemoteControl;
}

/** An operation as it is asked for over HTTP. */
export interface ControlRequest {
  method: string;
  /** Below `/sandbox/`. */
  path: string;
  query: URLSearchParams;
  /** Whether the request says that its body is JSON. */
  isJson: boolean;
  body: string;
}

/**
 * Runs `POST /sandbox/seed-members` and the like; GET with a query does for what only reads. What changes something
 * must say that it is JSON, which a page of somebody else in the same browser cannot.
 * @returns the document to answer, with its status
 */
export async function answerControl(
  account: Account,
  request: ControlRequest,
): Promise<{ status: number; document: unknown }> {
  const { method, path } = request;
  const refuse = (status: number, code: string, message: string, hint?: string) => ({
    status,
    document: inputError(code, message, hint),
  });
  const name = names.find((candidate) => pathOf(candidate) === path);
  if (name === undefined) {
    const hint = suggestName(path, names.map(pathOf));
    return refuse(400, 'sandbox_no_operation', `"${path}" is no operation.`, hint);
  }
  if (method !== 'POST' && (method !== 'GET' || !controlOperations[name].reads)) {
    return refuse(405, 'sandbox_method', `${method} does not do for "${path}".`, 'Use POST.');
  }
  if (method === 'POST' && !request.isJson) {
    return refuse(
      415,
      'sandbox_not_json',
      'The body is not said to be JSON.',
      'Send Content-Type: application/json.',
    );
  }
  let input: unknown;
  try {
    if (method === 'GET') input = Object.fromEntries(request.query);
    else input = request.body.trim() === '' ? {} : JSON.parse(request.body);
  } catch {
    return refuse(400, 'sandbox_json', 'The body is not JSON.');
  }
  try {
    return { status: 200, document: await runOperation(account, name, input) };
  } catch (error) {
    if (error instanceof PostriderError) return { status: 400, document: error };
    throw error;
  }
}

function runOperation(account: Account, name: Name, input: unknown): unknown {
  const { input: schema, run } = controlOperations[name] as {
    input: z.ZodType;
    run: (account: Account, input: unknown) => unknown;
  };
  const parsed = schema.safeParse(input);
  if (!parsed.success) {
    throw inputError('sandbox_input', `Bad input for ${name}: ${z.prettifyError(parsed.error)}`);
  }
  return run(account, parsed.data);
}

/** `seedMembers` → `seed-members` */
function pathOf(name: Name): string {
  return name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}
