import type { z } from 'zod';
import { z as zod } from 'zod';
import { inputError, PostriderError } from '../base/errors.ts';
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

/** Controls the sandbox at an origin, such as one in another process. */
export function remoteControl(origin: string): RemoteControl {
  const call = async (name: Name, input: unknown): Promise<unknown> => {
    const answer = await fetch(`${origin}/sandbox/${pathOf(name)}`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(input ?? {}),
    });
    const document: unknown = await answer.json();
    if (answer.ok) return document;
    const { code, message } = document as { code: string; message: string };
    throw inputError(code, message);
  };
  return Object.fromEntries(
    names.map((name) => [name, (input?: unknown) => call(name, input)]),
  ) as RemoteControl;
}

/**
 * Runs `POST /sandbox/seed-members` and the like; GET with a query does for what only reads.
 * @returns the document to answer, with its status
 */
export async function answerControl(
  account: Account,
  path: string,
  input: unknown,
): Promise<{ status: number; document: unknown }> {
  try {
    const name = names.find((candidate) => pathOf(candidate) === path);
    if (name === undefined) {
      throw inputError(
        'sandbox_no_operation',
        `"${path}" is no operation.`,
        suggestName(path, names.map(pathOf)),
      );
    }
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
    throw inputError('sandbox_input', `Bad input for ${name}: ${zod.prettifyError(parsed.error)}`);
  }
  return run(account, parsed.data);
}

/** `seedMembers` → `seed-members` */
function pathOf(name: Name): string {
  return name.replace(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}
