import { CommanderError, type Command } from 'commander';
import pc from 'picocolors';
import { asKnown, inputError, messageOf, PostriderError } from '../base/errors.ts';
import { exitCodeOf, exitCodes, type ExitCode } from './exit-codes.ts';
import { safeLines } from './safe-text.ts';
import { ReaderGone, Shell } from './shell.ts';

/**
 * Parses the arguments, runs the command and turns whatever happens into an exit code. Errors go to
 * standard error as message, hint and code; with `--json` they are the one document on standard output.
 */
export async function runProgram(
  build: (shell: Shell) => Command,
  args: readonly string[],
): Promise<ExitCode> {
  const shell = new Shell();
  try {
    await build(shell).parseAsync(args, { from: 'user' });
    return shell.exitCode;
  } catch (thrown) {
    if (thrown instanceof ReaderGone) return shell.exitCode;
    const error = asKnown(wished(shell, thrown));
    if (error instanceof CommanderError) {
      // Help and version come as "errors" with code 0; commander has written its own words.
      if (error.exitCode === 0) return exitCodes.done;
      // It ends before the options are read.
      if (args.includes('--json')) shell.print(JSON.stringify({ error: misunderstood(error).toJSON() }));
      return exitCodes.badInput;
    }
    present(shell, error);
    return exitCodeOf(error);
  } finally {
    await shell.close();
  }
}

/** What ends because of Ctrl-C may say so in the words of the platform. */
function wished({ cancel: { signal } }: Shell, thrown: unknown): unknown {
  return signal.aborted && thrown instanceof Error && thrown.name === 'AbortError' ? signal.reason : thrown;
}

function present(shell: Shell, error: unknown): void {
  if (shell.json) shell.print(JSON.stringify({ error: asJson(error) }));
  const lines = [`${pc.red('✗')} ${safeLines(messageOf(error))}`];
  if (error instanceof PostriderError) {
    if (error.hint !== undefined) lines.push(`  ${safeLines(error.hint)}`);
    if (error.retry !== 'never') lines.push('  Trying again later may help.');
    lines.push(pc.dim(`  (${error.code})`));
  } else {
    lines.push('  This is a bug in Postrider; POSTRIDER_DEBUG=1 shows where it happened.');
  }
  shell.say(lines.join('\n'));
  if (process.env.POSTRIDER_DEBUG === '1' && error instanceof Error) {
    for (let each: unknown = error; each instanceof Error; each = each.cause)
      shell.say(each.stack ?? each.message);
  }
}

function misunderstood({ code, message }: CommanderError): PostriderError {
  const said = code === 'commander.help' ? 'This needs a command.' : message.replace(/^error: /, '');
  return inputError('bad_usage', said, 'See what there is: postrider --help');
}

function asJson(error: unknown): unknown {
  if (error instanceof PostriderError) return error.toJSON();
  return { kind: 'internal', code: 'bug', message: messageOf(error), retry: 'never' };
}
