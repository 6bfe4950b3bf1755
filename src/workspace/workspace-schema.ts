import { z } from 'zod';
import { workspaceFile } from './workspace-file.ts';

export interface JsonSchema {
  type?: string;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: boolean | JsonSchema;
  items?: JsonSchema;
  anyOf?: JsonSchema[];
  oneOf?: JsonSchema[];
  $ref?: string;
  $defs?: Record<string, JsonSchema>;
  [key: string]: unknown;
}

/** The JSON Schema of the workspace file, for editors; made of the parser's own schema. */
export function workspaceJsonSchema(): JsonSchema {
  return {
    ...(z.toJSONSchema(workspaceFile, { io: 'input', unrepresentable: 'any' }) as JsonSchema),
    title: 'Postrider workspace',
  };
}

let schema: JsonSchema | undefined;

/** The keys that an object at this path may have, over all its forms. */
export function knownKeysAt(path: readonly (string | number)[]): string[] {
  schema ??= workspaceJsonSchema();
  const root = schema;
  let here = [root];
  for (const part of path) here = here.flatMap((each) => step(root, each, part));
  return [
    ...new Set(
      here.flatMap((each) => forms(root, each)).flatMap((each) => Object.keys(each.properties ?? {})),
    ),
  ];
}

function step(root: JsonSchema, from: JsonSchema, part: string | number): JsonSchema[] {
  return forms(root, from).flatMap((form) => {
    if (typeof part === 'number') return form.items === undefined ? [] : [form.items];
    const property = form.properties?.[part];
    if (property !== undefined) return [property];
    return typeof form.additionalProperties === 'object' ? [form.additionalProperties] : [];
  });
}

/** A schema, or the schemas it stands for. */
function forms(root: JsonSchema, from: JsonSchema): JsonSchema[] {
  if (from.$ref !== undefined) {
    const target = from.$ref === '#' ? root : root.$defs?.[from.$ref.replace('#/$defs/', '')];
    return target === undefined ? [] : forms(root, target);
  }
  const branches = from.anyOf ?? from.oneOf;
  return branches === undefined ? [from] : branches.flatMap((branch) => forms(root, branch));
}
