import type { Command } from 'commander';
import { inputError } from '../base/errors.ts';
import type { ErasureReceipt } from '../suppression/erasure-notes.ts';
import { exitCodes } from './exit-codes.ts';
import { presentErasure, presentPreview } from './present-erasure.ts';
import type { Shell } from './shell.ts';
import { wholeNumber } from './whole-number.ts';

interface ForgetOptions {
  archive?: boolean;
  delete?: boolean;
  dryRun?: boolean;
  receipt?: boolean;
  lift?: string;
  why: string;
  people?: number;
}

/** `postrider forget ADDRESS`: exactly one of --archive, --delete, --dry-run, --receipt, --lift. */
export function addForgetCommand(program: Command, shell: Shell): void {
  program
    .command('forget <address>')
    .description('erase a person, here and in Mailchimp, and keep them out; with a receipt')
    .option('--archive', 'archive their contacts in Mailchimp')
    .option('--delete', 'delete them there permanently: nobody can import them again')
    .option('--dry-run', 'say what would be removed, and remove nothing')
    .option('--receipt', 'show the latest receipt of an erasure')
    .option('--lift <why>', 'let an erased person in again')
    .option('--why <text>', 'the reason, kept in the receipt; not the name of the person', '')
    .option('--people <count>', 'how many profiles may go, where they share an address', wholeNumber)
    .action(async (address: string, options: ForgetOptions) => {
      const app = await shell.app();
      const showReceipt = (receipt: ErasureReceipt) => shell.show({ receipt }, () => presentErasure(receipt));
      const wish = wishOf(options);
      switch (wish) {
        case 'dryRun': {
          const preview = await app.previewForget(address);
          return shell.show({ preview }, () => presentPreview(preview));
        }
        case 'receipt': {
          const [newest] = await app.forgetReceipts(address);
          if (newest !== undefined) return showReceipt(newest);
          throw inputError('receipt_unknown', 'There is no receipt for this address.', 'Check the address.');
        }
        case 'lift': {
          const lifted = await app.liftForget(address, options.lift ?? '');
          const ids = lifted.map(({ erasure }) => erasure);
          return shell.show(
            { lifted: ids },
            () => `Lifted: ${ids.join(', ')}. The next refresh takes the person in again.`,
          );
        }
        case 'archive':
        case 'delete': {
          const receipt = await app.forget(address, {
            how: wish,
            why: options.why,
            ...(options.people === undefined ? {} : { people: options.people }),
          });
          showReceipt(receipt);
          if (receipt.state === 'open') shell.exitCode = exitCodes.failed;
          return;
        }
        default:
          throw new Error(`no such wish: ${String(wish satisfies never)}`);
      }
    });
}

type Wish = 'archive' | 'delete' | 'dryRun' | 'receipt' | 'lift';

function wishOf(options: ForgetOptions): Wish {
  const wishes = (['archive', 'delete', 'dryRun', 'receipt', 'lift'] as const).filter(
    (wish) => options[wish] !== undefined,
  );
  const [only, ...others] = wishes;
  if (only !== undefined && others.length === 0) return only;
  throw inputError(
    'forget_how',
    'Say one of --archive, --delete, --dry-run, --receipt and --lift.',
    'Look first: postrider forget ADDRESS --dry-run',
  );
}
