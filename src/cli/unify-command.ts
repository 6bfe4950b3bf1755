import type { Command } from 'commander';
import type { Shell } from './shell.ts';
import { presentBypass, presentPreview, presentProposals } from './present-unify.ts';
import { wholeNumber } from './whole-number.ts';

/** `postrider unify`: what the data say about rules, and what a change of rules would do. */
export function addUnifyCommand(program: Command, shell: Shell): void {
  const unify = program.command('unify').description('try rules before they are used; changes nothing');
  unify
    .command('propose')
    .description('which fields tell people apart, by the data alone, and rules made of them')
    .action(async () => {
      const proposals = await (await shell.app()).proposeRules();
      shell.show({ proposals }, () => presentProposals(proposals));
    });
  unify
    .command('bypass')
    .description('addresses and telephone numbers that many people of different names share')
    .option('--records <count>', 'on at least this many records', wholeNumber, 5)
    .option('--names <count>', 'of at least this many different names', wholeNumber, 3)
    .option('--limit <count>', 'at most this many values', wholeNumber, 100)
    .action(async (limits: { records: number; names: number; limit: number }) => {
      const values = await (await shell.app()).proposeBypass(limits);
      shell.show({ values }, () => presentBypass(values));
    });
  unify
    .command('preview <file>')
    .description('what "unify" of a workspace file would merge and split, and what it would do to segments')
    .action(async (file: string) => {
      const preview = await (await shell.app()).previewUnify(file);
      shell.show(preview, () => presentPreview(preview));
    });
  for (const command of [unify, ...unify.commands]) command.exitOverride();
}
