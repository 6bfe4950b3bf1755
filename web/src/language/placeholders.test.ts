import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { en } from './en.ts';

const pages = fileURLToPath(new URL('..', import.meta.url));

/** The texts under a key, in all their counted forms. */
function textsOf(key: string): string[] {
  const path = key.split('.');
  const last = path.pop() ?? '';
  const group = path.reduce<object | undefined>(
    (at, part) => (at as Record<string, object> | undefined)?.[part],
    en,
  );
  return Object.entries(group ?? {}).flatMap(([name, text]) =>
    typeof text === 'string' && name.replace(/_(one|few|other)$/, '') === last ? [text] : [],
  );
}

/** Every key that a call may ask for: of a choice between two, both. */
function keysIn(node: ts.Node): string[] {
  if (ts.isStringLiteral(node)) return [node.text];
  return ts.isConditionalExpression(node) ? [...keysIn(node.whenTrue), ...keysIn(node.whenFalse)] : [];
}

/** Each text that is asked for, with the names that are given to it. */
function askedIn(file: string): { key: string; given: string[] }[] {
  const asked: { key: string; given: string[] }[] = [];
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 't') {
      const [first, second] = node.arguments;
      const names = second !== undefined && ts.isObjectLiteralExpression(second) ? second.properties : [];
      const given = names.map((each) => each.name?.getText() ?? '');
      for (const key of first === undefined ? [] : keysIn(first)) asked.push({ key, given });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return asked;
}

test('every text gets the names that stand in it', () => {
  const asked = globSync('**/*.{ts,tsx}', { cwd: pages })
    .filter((file) => !/\.test\.tsx?$/.test(file))
    .flatMap((file) => askedIn(pages + file).map((each) => ({ file, ...each })));
  const lacking = asked.flatMap(({ file, key, given }) =>
    textsOf(key)
      .flatMap((text) => Array.from(text.matchAll(/\{\{(\w+)\}\}/g), ([, name = '']) => name))
      .filter((name) => !given.includes(name))
      .map((name) => `${file}: ${key} without ${name}`),
  );
  expect(asked.length).toBeGreaterThan(500);
  expect(lacking).toEqual([]);
});
