import { inputError } from '../base/errors.ts';
import { suggestName } from '../base/nearest.ts';
import type { UnifyConfig } from './unify-config.ts';

/**
 * What can be said of a configuration without looking at the tables. Errors, each with the path in the
 * workspace file: `unify_source_twice`, `unify_attribute_clash` (two that differ in case only),
 * `unify_attribute_unknown` (a rule or preference about an attribute that no source maps).
 */
export function checkUnifyConfig(config: UnifyConfig): void {
  const mapped = mappedAttributes(config);
  const all = [...mapped];
  const need = (attribute: string, known: ReadonlySet<string>, path: string, where: string): void => {
    if (known.has(attribute)) return;
    throw inputError(
      'unify_attribute_unknown',
      `${where} maps no column to the attribute "${attribute}" (${path}).`,
      suggestName(attribute, [...known]),
    );
  };

  const seen = new Set<string>();
  config.sources.forEach(({ source, attributes, deduplicate = [] }, position) => {
    if (seen.has(source)) {
      throw inputError(
        'unify_source_twice',
        `The source "${source}" is listed twice (unify.sources[${position}].source).`,
        'Put all its attributes into one entry.',
      );
    }
    seen.add(source);
    const own = new Set(Object.keys(attributes));
    deduplicate.forEach((rule, index) => {
      for (const field of Object.keys(rule.fields)) {
        need(
          field,
          own,
          `unify.sources[${position}].deduplicate[${index}].fields.${field}`,
          `The source "${source}"`,
        );
      }
    });
  });

  config.match?.forEach((rule, index) => {
    for (const field of Object.keys(rule.fields)) {
      need(field, mapped, `unify.match[${index}].fields.${field}`, 'No source');
    }
  });
  for (const [attribute, preference] of Object.entries(config.merge?.attributes ?? {})) {
    const path = `unify.merge.attributes.${attribute}`;
    need(attribute, mapped, path, 'No source');
    if (preference === 'importance') continue;
    const [how, by] = Object.entries(preference)[0] as [string, string];
    need(by, mapped, `${path}.${how}`, 'No source');
  }
  config.emails?.forEach((attribute, index) =>
    need(attribute, mapped, `unify.emails[${index}]`, 'No source'),
  );

  all.forEach((attribute, index) => {
    const twin = all.slice(0, index).find((other) => other.toLowerCase() === attribute.toLowerCase());
    if (twin === undefined) return;
    const position = config.sources.findIndex(({ attributes }) => Object.hasOwn(attributes, attribute));
    throw inputError(
      'unify_attribute_clash',
      `The attributes "${twin}" and "${attribute}" differ in upper case only (unify.sources[${position}].attributes.${attribute}).`,
      `Write "${twin}" in both places, or choose another name.`,
    );
  });
}

function mappedAttributes(config: UnifyConfig): Set<string> {
  return new Set(config.sources.flatMap(({ attributes }) => Object.keys(attributes)));
}
