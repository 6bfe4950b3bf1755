import { createWriteStream, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { restoreData } from '../app.ts';
import { inputError } from '../base/errors.ts';
import type { Shell } from './shell.ts';

/** `postrider backup` and `postrider restore`. */
export function addBackupCommands(program: Command, shell: Shell): void {
  program
    .command('backup <file>')
    .description('everything that would be missed, in one file, while the server goes on')
    .option('--with-key', 'the secret key too: whoever has the file then has the API keys')
    .action(async (file: string, options: { withKey?: boolean }) => {
      const app = await shell.app();
      const partial = `${file}.part`;
      let bytes = 0;
      try {
        const parts = app.backup({ withKey: options.withKey === true });
        const counted = async function* () {
          for await (const part of parts) {
            bytes += part.length;
            yield part;
          }
        };
        await pipeline(Readable.from(counted()), createWriteStream(partial, { mode: 0o600, flush: true }));
        renameSync(partial, file);
      } catch (error) {
        rmSync(partial, { force: true });
        throw error;
      }
      if (shell.json) return shell.print(JSON.stringify({ file, bytes, withKey: options.withKey === true }));
      shell.print(`${file}: ${(bytes / 1_000_000).toFixed(1)} MB.`);
      if (options.withKey !== true)
        shell.say(
          'The secret key is not in it, and it cannot be restored without: keep secret.key somewhere else.',
        );
    });

  program
    .command('restore <file>')
    .description('put a backup in place of what is here, which moves aside; all exports are paused')
    .option('--yes', 'needed')
    .action(async (file: string, options: { yes?: boolean }) => {
      if (options.yes !== true) {
        throw inputError(
          'restore_unconfirmed',
          'Restoring puts an older state in place of the present one, which moves aside.',
          'Say --yes to do it.',
        );
      }
      const restored = await restoreData(
        {
          config: shell.config(),
          progress: shell.progress,
          ...(shell.user === undefined ? {} : { user: shell.user }),
        },
        file,
      );
      if (shell.json) return shell.print(JSON.stringify(restored));
      const { madeAt, before, erasedAgain } = restored;
      const lines = [`Restored as of ${madeAt.slice(0, 16).replace('T', ' ')} UTC.`];
      if (before !== null) lines.push(`What was here before is in ${before}`);
      if (erasedAgain > 0)
        lines.push(`${erasedAgain} addresses of people who were erased since are taken out again.`);
      lines.push(
        'All exports are paused. Look at a plan first (postrider plan EXPORT), then: postrider resume --all',
        'Users and tokens are those of the backup: see who should not be among them (postrider users, postrider tokens).',
      );
      shell.print(lines.join('\n'));
    });
}
