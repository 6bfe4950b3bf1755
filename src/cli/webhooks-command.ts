import { once } from 'node:events';
import type { Command } from 'commander';
import { serveWebhooks } from '../server/serve-webhooks.ts';
import type { Shell } from './shell.ts';
import { portNumber } from './whole-number.ts';

/** `webhooks create | list | remove | listen`. */
export function addWebhooksCommand(program: Command, shell: Shell): void {
  const webhooks = program
    .command('webhooks')
    .description('let Mailchimp call when somebody leaves, instead of waiting for the next read');

  webhooks
    .command('create <export>')
    .description('ask Mailchimp to call about the audience of an export')
    .requiredOption(
      '--url <url>',
      'where it is to call, as in https://…/webhooks/mailchimp; a secret part is added',
    )
    .option('--port <port>', 'listen here meanwhile, since Mailchimp tries the address', portNumber)
    .option('--host <host>', 'at this address of the machine', '127.0.0.1')
    .action(async (id: string, options: { url: string; port?: number; host: string }) => {
      const server =
        options.port === undefined
          ? undefined
          : await serveWebhooks(await shell.ownApp(), { port: options.port, host: options.host });
      const app = await shell.app();
      try {
        const made = await app.makeWebhook(id, options.url);
        if (shell.json) shell.print(JSON.stringify({ webhook: made }));
        else
          shell.print(
            `Mailchimp calls ${made.url}/… from now, ${made.signed ? 'signed' : 'not signed'}; its id is ${made.id}.`,
          );
      } finally {
        await server?.close();
      }
    });

  webhooks
    .command('list')
    .description('the webhooks that were made here, and whether Mailchimp still has them')
    .action(async () => {
      const listed = await (await shell.app()).webhooks();
      if (shell.json) return shell.print(JSON.stringify({ webhooks: listed }));
      const lines = listed.map(({ id, audience, url, signed, there }) => {
        const state = there === null ? 'Mailchimp did not say' : there ? 'there' : 'gone in Mailchimp';
        return `  ${id ?? 'its answer never came'}  audience ${audience}  ${url}/…  ${signed ? 'signed' : 'not signed'}  ${state}`;
      });
      shell.print(lines.join('\n') || 'No webhooks: postrider webhooks create EXPORT --url …');
    });

  webhooks
    .command('remove <webhook>')
    .description('take a webhook away, in Mailchimp and here')
    .action(async (id: string) => {
      const wasThere = await (await shell.app()).removeWebhook(id);
      if (shell.json) shell.print(JSON.stringify({ removed: id, wasThere }));
      else
        shell.print(wasThere ? `The webhook ${id} is removed.` : `Mailchimp had no webhook ${id} any more.`);
    });

  webhooks
    .command('listen')
    .description('answer Mailchimp’s calls until Ctrl-C; nothing else can use the data folder meanwhile')
    .option('--port <port>', 'where (POSTRIDER_PORT)', portNumber)
    .option('--host <host>', 'at this address of the machine; 0.0.0.0: at all of them', '127.0.0.1')
    .action(async (options: { port?: number; host: string }) => {
      const server = await serveWebhooks(await shell.ownApp(), {
        port: options.port ?? shell.config().port,
        host: options.host,
      });
      try {
        shell.say(`Listening for Mailchimp’s calls on ${options.host}:${server.port}.`);
        if (!shell.cancel.signal.aborted) await once(shell.cancel.signal, 'abort');
      } finally {
        await server.close();
      }
    });

  for (const command of webhooks.commands) command.exitOverride();
}
