import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { workspaceJsonSchema } from '../src/workspace/workspace-schema.ts';

// Writes docs/workspace.schema.json, which editors read. To be run when the schema of the workspace file has changed.
const file = fileURLToPath(new URL('../docs/workspace.schema.json', import.meta.url));
const style = await resolveConfig(file);
writeFileSync(file, await format(JSON.stringify(workspaceJsonSchema()), { ...style, filepath: file }));
