import type { App } from '../app.ts';
import type { Config } from '../base/config.ts';
import { openSampleWorld } from './sample-world.ts';

/** Enough for a look, and there in a few seconds. */
const people = 2_000;

/** It stands beside an engine that has real work to do. */
const engineMemory = '512MB';

/**
 * A sample for people who have no data of their own yet: sources read, people unified, segments found; the export is there
 * and has not run, so that they see a plan first.
 */
export async function sampleBeside(
  config: Config,
): Promise<{ app: App; mailchimp: string; dataFolder: string; close(): Promise<void> }> {
  const world = await openSampleWorld({ config: { ...config, engineMemory }, people });
  try {
    await world.app.apply(world.workspace);
    await world.app.refresh({ until: 'segments', signal: new AbortController().signal });
    await world.app.work();
  } catch (error) {
    await world.close();
    throw error;
  }
  return {
    app: world.app,
    mailchimp: world.sandbox.url,
    dataFolder: world.config.dataFolder,
    close: () => world.close(),
  };
}
