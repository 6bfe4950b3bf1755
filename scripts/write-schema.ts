import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { rulesJsonSchema } from '../src/segments/rules-schema.ts';
import { workspaceJsonSchema } from '../src/workspace/workspace-schema.ts';

// Writes the JSON Schemas in docs/, which editors read. To be run when the schema of the workspace file has changed.
const schemas = {
  'workspace.schema.json': workspaceJsonSchema(),
  'segment-rules.schema.json': rulesJsonSchema(),
};
for (const [name, schema] of Object.entries(schemas)) {
  const file = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
  const style = await resolveConfig(file);
  writeFileSync(file, await format(JSON.stringify(schema), { ...style, filepath: file }));
}
