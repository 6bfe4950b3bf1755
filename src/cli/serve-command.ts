import type { Command } from 'commander';
import { productVersion } from '../base/version.ts';
import type { Shell } from './shell.ts';
import { portNumber } from './whole-number.ts';

/** `postrider serve`. */
export function addServeCommand(program: Command, shell: Shell): void {
  program
    .command('serve')
    .description('the page, the API, the schedule and the queue, until Ctrl-C')
    .option('--port <port>', 'where it listens (POSTRIDER_PORT, else 4600)', portNumber)
    .option(
      '--host <host>',
      'at this address of the machine (POSTRIDER_HOST, else 127.0.0.1); 0.0.0.0: at all',
    )
    .option(
      '--standby',
      'wait while another process has the data folder or the database, and take over after it',
    )
    .option('--quiet', 'write no log')
    .action(async (options: { port?: number; host?: string; standby?: boolean; quiet?: boolean }) => {
      // Links that are handed out hold the port.
      if (options.port !== undefined) shell.set({ port: options.port });
      if (options.host !== undefined) shell.set({ host: options.host });
      const app = await (options.standby === true ? shell.ownAppInTurn() : shell.ownApp());
      if (app === undefined) return;
      // Half a second of reading, which no other command needs.
      const { serve } = await import('../server/serve.ts');
      const log = { write: (line: string) => void process.stderr.write(line) };
      await serve({
        app,
        config: shell.config(),
        version: productVersion(),
        makeSample: async () => {
          const { sampleBeside } = await import('../demo/sample-beside.ts');
          return sampleBeside(shell.config());
        },
        signal: shell.cancel.signal,
        ...(options.quiet === true ? {} : { log }),
        listening: (address) => shell.print(`Postrider listens at ${address}`),
        ownerLink: (link) => shell.print(`There is no owner yet. Become it here, within a day:\n  ${link}`),
      });
    });
}
