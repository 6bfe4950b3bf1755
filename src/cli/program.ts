import { Command, Option } from 'commander';
import pc from 'picocolors';
import { inputError, PostriderError } from '../base/errors.ts';
import { productVersion } from '../base/version.ts';
import type { DemoOptions } from '../demo/run-demo.ts';
import { addAccessCommands } from './access-commands.ts';
import { addAudiencesCommand } from './audiences-command.ts';
import { addCancelCommand } from './cancel-command.ts';
import { exitCodeOfRun, exitCodes, worstOf } from './exit-codes.ts';
import { addForgetCommand } from './forget-command.ts';
import { presentFindings } from './present-findings.ts';
import { presentPeople } from './present-people.ts';
import { presentPerson } from './present-person.ts';
import { presentRefresh } from './present-refresh.ts';
import { presentRunDetails, presentRuns, presentWorkspaceChanges } from './present-tables.ts';
import { presentRun, runDocument, runFigures } from './present-run.ts';
import { refuseTogether } from './refuse-together.ts';
import { addRemoveCommand } from './remove-command.ts';
import { addBackupCommands } from './backup-commands.ts';
import { addServeCommand } from './serve-command.ts';
import type { Shell } from './shell.ts';
import { addSourcesCommand } from './sources-command.ts';
import { addUnifyCommand } from './unify-command.ts';
import { addSegmentsCommand } from './segments-command.ts';
import { wholeNumber } from './whole-number.ts';
import { addUndoCommand } from './undo-command.ts';
import { addWebhooksCommand } from './webhooks-command.ts';

const stages = ['sources', 'unify', 'segments', 'exports'] as const;

/** The commands of DESIGN §6; each parses, calls the app and shows what comes back. */
export function buildProgram(shell: Shell): Command {
  const program = new Command('postrider')
    .description('Keeps Mailchimp audiences in step with segments of the customers you really have.')
    .version(productVersion(), '--version', 'which version this is')
    .option('--data <dir>', 'the data folder (POSTRIDER_DATA, else .postrider)')
    .option('--json', 'print one JSON document, and nothing else, on standard output')
    .option('--by <name>', 'in whose name (the user of this machine)')
    .addHelpText(
      'after',
      `
First steps:
  postrider demo                     see it work, with made-up people and a local Mailchimp
  postrider apply workspace.yaml     say where customers come from and where they go
  postrider refresh                  read, unify, compute the segments
  postrider plan newsletter          see what a run would change; sends nothing
  postrider run newsletter           do it

Exit codes: 0 done, 1 failed, 2 bad input or configuration, 3 stopped by a brake.`,
    )
    .showSuggestionAfterError()
    .exitOverride()
    .hook('preAction', (_program, command) => {
      const options = command.optsWithGlobals<{ data?: string; json?: boolean; by?: string }>();
      shell.json = options.json === true;
      shell.dataFolder = options.data;
      shell.user = options.by;
    });

  program
    .command('apply <file>')
    .description('bring the workspace to what a file says; says what changed')
    .option('--dry-run', 'say what would change, and change nothing')
    .option('--prune', 'remove what the file no longer holds')
    .option('--force', 'with --prune: also segments that others still speak of')
    .option('--offline', 'do not ask Mailchimp whether audiences, fields and tags fit')
    .action(async (file: string, options: ApplyFlags) => {
      const changes = await (await shell.app()).apply(file, options);
      shell.show({ dryRun: options.dryRun === true, changes }, () =>
        presentWorkspaceChanges(changes, options.dryRun === true),
      );
    });

  program
    .command('dump')
    .description('write the workspace as a file that apply takes; without secrets')
    .action(async () => {
      const text = await (await shell.app()).dump();
      shell.show({ workspace: text }, () => text.trimEnd());
    });

  program
    .command('refresh')
    .description('walk the line once: sources, unify, segments, and exports where a schedule is set')
    .addOption(new Option('--until <stage>', 'the last stage to do').choices(stages))
    .action(async (options: { until?: (typeof stages)[number] }) => {
      const result = await (await shell.app()).refresh({ until: options.until, signal: shell.cancel.signal });
      shell.show({ ...result, exports: result.exports?.map(runDocument) }, () => presentRefresh(result));
      shell.exitCode = worstOf(result.exports?.map(exitCodeOfRun) ?? []);
    });

  addSourcesCommand(program, shell);
  addUnifyCommand(program, shell);

  const segments = addSegmentsCommand(program, shell);

  program
    .command('plan <export>')
    .description('make, store and show a plan; sends nothing')
    .option('--people', 'list the people, each with what would change and why')
    .option('--csv', 'all people as CSV, safe to open in a spreadsheet, and nothing else')
    .option('--show <run>', 'a plan that was made before, instead of a new one')
    .option('--limit <people>', 'a canary of this many people', wholeNumber)
    .action(async (id: string, options: PlanOptions) => {
      refuseTogether(options.csv && shell.json, '--csv and --json are two forms of one result.');
      const app = await shell.app();
      const run =
        options.show === undefined
          ? await app.plan(id, { limit: options.limit, signal: shell.cancel.signal })
          : await app.storedPlan(id, options.show);
      if (options.csv) for await (const page of app.planCsv(run)) await shell.printPage(page);
      else if (options.people) await presentPeople(shell, run, app.planPeople(run));
      else shell.show(runDocument(run), () => presentRun(run));
    });

  program
    .command('run <export>')
    .description('plan and carry out, or carry out a stored plan')
    .option('--plan <id>', 'exactly this plan')
    .option('--limit <people>', 'a canary of this many people', wholeNumber)
    .action(async (id: string, options: { plan?: string; limit?: number }) => {
      const run = await (await shell.app()).run(id, { ...options, signal: shell.cancel.signal });
      shell.show(runDocument(run), () => presentRun(run));
      shell.exitCode = exitCodeOfRun(run);
    });

  program
    .command('release <run> <why>')
    .description('let go a run that a brake stopped, in your name, and carry it out')
    .action(async (id: string, why: string) => {
      const run = await (await shell.app()).release(id, why, shell.cancel.signal);
      shell.show(runDocument(run), () => presentRun(run));
      shell.exitCode = exitCodeOfRun(run);
    });

  addUndoCommand(program, shell);
  addCancelCommand(program, shell);
  addRemoveCommand(program, shell);
  addForgetCommand(program, shell);
  addAudiencesCommand(program, shell);
  addWebhooksCommand(program, shell);
  addServeCommand(program, shell);
  addBackupCommands(program, shell);
  addAccessCommands(program, shell);

  program
    .command('pause [export]')
    .description('stop an export, or all, until resumed')
    .option('--all', 'every export of the workspace')
    .option('--why <reason>', 'for whoever wonders', '')
    .action(async (id: string | undefined, options: { all?: boolean; why: string }) => {
      const target = exportOrAll(id, options.all);
      await (await shell.app()).pause(target, options.why);
      shell.show({ paused: target }, () =>
        target === '*' ? 'All exports are paused.' : `The export ${target} is paused.`,
      );
    });

  program
    .command('resume [export]')
    .description('let a paused export, or all, go on')
    .option('--all', 'take back pause --all')
    .action(async (id: string | undefined, options: { all?: boolean }) => {
      const target = exportOrAll(id, options.all);
      const was = await (await shell.app()).resume(target);
      shell.show({ resumed: target, wasPaused: was }, () =>
        was ? 'It goes on from now.' : 'It was not paused.',
      );
    });

  program
    .command('doctor')
    .description('look at everything a run depends on; changes nothing')
    .action(async () => {
      const findings = await Array.fromAsync((await shell.app()).examine());
      shell.show({ findings }, () => presentFindings(findings));
      if (findings.some((finding) => finding.verdict === 'bad')) shell.exitCode = exitCodes.failed;
    });

  program
    .command('runs [run]')
    .description('plans and runs, the newest first; or one, with the people who did not end as wanted')
    .option('--export <id>', 'of one export')
    .option('--limit <count>', 'at most this many runs, or people', wholeNumber, 20)
    .option('--offset <count>', 'people to pass over', wholeNumber)
    .option('--csv', 'of one run: all its people as CSV, safe to open in a spreadsheet')
    .action(async (id: string | undefined, options: RunsOptions) => {
      refuseTogether(options.csv && shell.json, '--csv and --json are two forms of one result.');
      if (id === undefined)
        refuseTogether(options.csv || options.offset !== undefined, '--csv and --offset are about one run.');
      if (id !== undefined && options.csv) {
        for await (const page of (await shell.app()).runCsv(id)) await shell.printPage(page);
        return;
      }
      if (id !== undefined) {
        const page = { limit: options.limit, offset: options.offset ?? 0 };
        const { run, exceptions } = await (await shell.app()).runDetails(id, page);
        shell.show({ ...runDocument(run), ...runFigures(run), release: run.release, exceptions }, () =>
          presentRunDetails(run, exceptions),
        );
        return;
      }
      const runs = await (await shell.app()).runs(options);
      shell.show(
        {
          runs: runs.map((run) => ({
            ...runDocument(run),
            status: run.status,
            madeAt: run.madeAt,
            release: run.release,
          })),
        },
        () => presentRuns(runs),
      );
    });

  program
    .command('person <address>')
    .description("one person's story: where from, in which segments, what was sent")
    .action(async (address: string) => {
      const people = await (await shell.app()).person(address);
      shell.show({ people }, () => people.map(presentPerson).join('\n\n') || 'Nobody has this address.');
      if (people.length === 0) shell.exitCode = exitCodes.failed;
    });

  program
    .command('demo')
    .description('a local Mailchimp, made-up customers, two runs; then all of it in the browser')
    .option('--once', 'exit instead of serving the page')
    .option('--people <count>', 'how many customers', wholeNumber, 20_000)
    .action(async (options: { once?: boolean; people: number }) => {
      // Loaded only here: the sandbox and the sample shop are no part of everyday.
      const { runDemo } = await import('../demo/run-demo.ts');
      const told: { topic: string; text: string }[] = [];
      await runDemo({
        config: shell.config(),
        people: options.people,
        ...(options.once === true ? {} : { serve: servedBy(shell) }),
        signal: shell.cancel.signal,
        say: (message) => shell.say(message),
        tell: (topic, text) =>
          shell.json ? told.push({ topic, text }) : shell.print(`${pc.bold(topic.padEnd(13))} ${text}`),
      });
      if (shell.json) shell.print(JSON.stringify({ story: told }));
    });

  for (const command of [program, ...program.commands, segments, ...segments.commands])
    command.exitOverride();
  return program;
}

/** Shows an application in the browser until somebody ends it. */
function servedBy(shell: Shell): DemoOptions['serve'] {
  return async (app, config, listening) => {
    // Half a second of reading, which `demo --once` does not need.
    const { serve } = await import('../server/serve.ts');
    const { signal } = shell.cancel;
    const at = (port: number) =>
      serve({
        app,
        config: { ...config, port },
        version: productVersion(),
        signal,
        listening,
        ownerLink: () => undefined,
      });
    await at(config.port).catch((error: unknown) => {
      // A demo should not fail for a port.
      if (error instanceof PostriderError && error.code === 'port_taken') return at(0);
      throw error;
    });
  };
}

interface ApplyFlags {
  dryRun?: boolean;
  prune?: boolean;
  force?: boolean;
  offline?: boolean;
}

interface PlanOptions {
  people?: boolean;
  csv?: boolean;
  show?: string;
  limit?: number;
}

interface RunsOptions {
  export?: string;
  limit: number;
  offset?: number;
  csv?: boolean;
}

function exportOrAll(id: string | undefined, all: boolean | undefined): string {
  if (all === true && id === undefined) return '*';
  if (all !== true && id !== undefined) return id;
  throw inputError('export_or_all', 'Name one export, or say --all.', 'As in: postrider pause newsletter');
}
