import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The audience that `workspace.yaml` names as it stands. */
export const sampleAudienceId = 'abc123def4';

/**
 * Writes `workspace.yaml` beside the files of a sample shop; its paths are relative to itself.
 * @param audience the Mailchimp audience ID to export to
 * @returns the path of the file
 */
export async function writeSampleWorkspace(folder: string, audience = sampleAudienceId): Promise<string> {
  const template = await readFile(new URL('workspace.yaml', import.meta.url), 'utf8');
  const path = join(folder, 'workspace.yaml');
  await writeFile(
    path,
    template.replace(`'${sampleAudienceId}'`, () => `'${audience}'`),
  );
  return path;
}
