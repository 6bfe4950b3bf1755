import { existsSync, readFileSync } from 'node:fs';
import { Ajv, type ValidateFunction } from 'ajv';
import { knownMistakes, type KnownMistake } from './known-description-mistakes.ts';

/** The official description lies beside the checkout, not in it. */
export const descriptionFile = new URL(
  '../../../../../shared/mailchimp/marketing-openapi.json',
  import.meta.url,
);
export const hasDescription = existsSync(descriptionFile);

export interface CheckedRequest {
  method: string;
  path: string;
  query: URLSearchParams;
  body: unknown;
}

export interface Contract {
  /** What in the request the description does not allow, known mistakes of the description left out. */
  violations(request: CheckedRequest): string[];
}

interface Operation {
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { required?: boolean; content: Record<string, { schema: object }> };
}
type Description = { paths: Record<string, Record<string, unknown>> };

let loaded: Contract | undefined;

/** The description as a checker; one that finds nothing where the description is absent. */
export function contract(): Contract {
  loaded ??= hasDescription
    ? contractOf(JSON.parse(readFileSync(descriptionFile, 'utf8')) as Description)
    : { violations: () => [] };
  return loaded;
}

export function contractOf(
  description: Description,
  mistakes: readonly KnownMistake[] = knownMistakes,
): Contract {
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const asTyped = new Ajv({ strict: false, coerceTypes: 'array', validateFormats: false });
  const bodies = new Map<string, ValidateFunction>();
  const templates = Object.keys(description.paths).map((template) => ({
    template,
    pattern: new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`),
  }));

  const isKnown = (call: string, part: KnownMistake['part'], name: string) =>
    mistakes.some(
      (mistake) =>
        mistake.call === call && mistake.part === part && mistake.name === name.replaceAll(/\/\d+/g, '/*'),
    );

  return {
    violations({ method, path, query, body }) {
      const template = templates.find(({ pattern }) => pattern.test(path))?.template;
      const found = template === undefined ? undefined : description.paths[template];
      const operation = found?.[method.toLowerCase()] as Operation | undefined;
      if (template === undefined || operation === undefined) return [`${method} ${path}: not described`];
      const call = `${method} ${template}`;
      const parameters = [
        ...((found?.parameters as Operation['parameters']) ?? []),
        ...(operation.parameters ?? []),
      ];
      const violations: string[] = [];

      for (const [name, value] of query) {
        const parameter = parameters.find((candidate) => candidate.in === 'query' && candidate.name === name);
        if (parameter === undefined) {
          if (!isKnown(call, 'query', name)) violations.push(`${call}: no query parameter ${name}`);
        } else if (!asTyped.validate(objectOf(parameter.schema), { value })) {
          violations.push(`${call}: ${name}=${value}: ${asTyped.errorsText()}`);
        }
      }

      const schema = operation.requestBody?.content['application/json']?.schema;
      if (schema === undefined) {
        if (body !== undefined) violations.push(`${call}: takes no body`);
        return violations;
      }
      if (!bodies.has(call)) bodies.set(call, ajv.compile(closed(schema)));
      const validate = bodies.get(call);
      if (validate?.(body) === false) {
        for (const error of validate.errors ?? []) {
          const extra = (error.params as { additionalProperty?: string }).additionalProperty;
          const name = extra === undefined ? error.instancePath : `${error.instancePath}/${extra}`;
          if (!isKnown(call, 'body', name)) violations.push(`${call}: ${name} ${error.message ?? ''}`);
        }
      }
      return violations;
    },
  };
}

function objectOf(schema: object): object {
  return { type: 'object', properties: { value: schema } };
}

/** The schema with every object that names its members closed to others, so that a mistyped name shows. */
function closed(schema: unknown): object {
  const walk = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    const copy = Object.fromEntries(Object.entries(node).map(([key, value]) => [key, walk(value)]));
    if ('properties' in copy && !('additionalProperties' in copy)) copy.additionalProperties = false;
    return copy;
  };
  return walk(schema) as object;
}
