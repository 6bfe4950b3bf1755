import type { Command } from 'commander';
import { printMembers } from './print-members.ts';
import { presentRefreshed, presentSegment, presentSegments } from './present-segments.ts';
import { addSegmentsEditCommands, addSegmentsPeopleCommands } from './segments-people-commands.ts';
import { addSegmentsWhyCommand } from './segments-why-command.ts';
import type { Shell } from './shell.ts';

/** `postrider segments …`: what there is, who is in it, and its life. */
export function addSegmentsCommand(program: Command, shell: Shell): Command {
  const segments = program
    .command('segments')
    .argument('[name]', 'the id of one segment')
    .description('the segments: how many people, in which state, and who uses them')
    .action(async (name: string | undefined) => {
      const app = await shell.app();
      const overviews = name === undefined ? await app.segments() : [await app.segment(name)];
      shell.show({ segments: overviews }, () =>
        name === undefined ? presentSegments(overviews) : overviews.map(presentSegment).join('\n'),
      );
    });
  segments
    .command('members <name>')
    .description('the people of a segment')
    .option('--csv', 'as CSV, safe to open in a spreadsheet')
    .action(async (name: string, options: { csv?: boolean }) => {
      if (options.csv !== true && !shell.json)
        shell.say('(as CSV; say --csv or --json to have no such line)');
      await printMembers(shell, await shell.app(), name);
    });
  segments
    .command('refresh <name>')
    .description('find the people of one segment anew, a static one too, and of those that depend on it')
    .action(async (name: string) => {
      const refreshed = await (await shell.app()).refreshSegment(name);
      shell.show(refreshed, () => presentRefreshed(refreshed));
    });
  segments
    .command('freeze <name>')
    .description('find the people of a segment now, and keep them until it is refreshed by hand')
    .action(async (name: string) => {
      const refreshed = await (await shell.app()).freezeSegment(name);
      shell.show(refreshed, () => presentRefreshed(refreshed));
      shell.say(`Write type: static under segments.${name} too: the next apply goes by the file.`);
    });
  segments
    .command('remove <name>')
    .description('take a segment out of the workspace; refused while somebody uses it')
    .option('--force', 'although it is in use')
    .action(async (name: string, options: { force?: boolean }) => {
      await (await shell.app()).removeSegment(name, { force: options.force === true });
      shell.show({ removed: name }, () => `The segment ${name} is removed. Take it out of the file as well.`);
    });
  addSegmentsPeopleCommands(segments, shell);
  addSegmentsEditCommands(segments, shell);
  addSegmentsWhyCommand(segments, shell);
  return segments;
}
