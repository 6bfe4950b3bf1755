import { readFileSync } from 'node:fs';
import { inputError } from '../base/errors.ts';
import { parseWorkspace } from './parse-workspace.ts';
import type { WorkspaceFile } from './workspace-file.ts';

/**
 * Reads and parses a workspace file.
 * @throws `input` / `workspace_file_missing`, and those of `parseWorkspace`
 */
export function readWorkspace(
  file: string,
  env: Readonly<Record<string, string | undefined>>,
): WorkspaceFile {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw inputError(
      'workspace_file_missing',
      `The workspace file ${file} cannot be read (${code ?? 'unknown'}).`,
      'Check the path; examples/ holds files to begin with.',
      error,
    );
  }
  return parseWorkspace(text, file, env);
}
