import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Postrider } from './support/postrider-process.ts';
import { workFolder } from './support/work-folder.ts';

interface Preview {
  before: { people: number };
  after: { people: number };
  merges: { people: number };
  looked: Record<'segments' | 'exports', { id: string; before: number; after: number }[]>;
}

/** A workspace with rules of `match`; segments by an attribute, by each other, and by rows of a related table. */
function workspace(match: string): string {
  return `version: 1
sources:
  crm: { type: csv, path: crm.csv, key: id }
  shop: { type: csv, path: shop.csv, key: id }
  orders: { type: csv, path: orders.csv, key: id }
unify:
  sources:
    - { source: crm, attributes: { email: mail, last_name: name, birth_date: born, city: city } }
    - { source: shop, attributes: { email: mail, last_name: name, birth_date: born, city: city } }
  match: ${match}
relationships:
  shop_orders: { from: orders.customer, to: shop.id }
segments:
  iasi: { rules: { combinator: and, rules: [{ field: city, operator: '=', value: Iasi }] } }
  others: { rules: { combinator: and, rules: [{ field: segment, operator: notIn, value: [iasi] }] } }
  buyers:
    rules:
      combinator: and
      rules:
        - { field: city, operator: notNull }
        - { field: shop_orders, operator: '=', match: { mode: atLeast, threshold: 2 }, value: { combinator: and, rules: [] } }
connections:
  account:
    type: mailchimp
    apiKey: unused-us1
    consent: { agreedBy: ana@mail.test, date: '2026-11-24', text: v1 }
exports:
  letter: { connection: account, audience: abc123def4, match: { email: email }, segments: [iasi, buyers] }
`;
}

it('tells before what a refresh then does, and changes nothing meanwhile', { timeout: 120_000 }, async () => {
  const folder = await workFolder();
  const write = (file: string, ...lines: string[]) => {
    writeFileSync(join(folder, file), `${lines.join('\n')}\n`);
    return join(folder, file);
  };
  write(
    'crm.csv',
    'id,mail,name,born,city',
    '1,ana@mail.test,Pop,1980-01-02,Iasi',
    '2,dan@mail.test,Ilie,1975-05-06,',
    '3,ion@mail.test,Rus,1990-09-10,Cluj',
  );
  write(
    'shop.csv',
    'id,mail,name,born,city',
    '7,ana2@mail.test,Pop,1980-01-02,Iasi',
    '8,dan2@mail.test,Ilie,1975-05-06,Iasi',
    '9,ion@mail.test,Rus,1990-09-10,Arad',
  );
  write('orders.csv', 'id,customer', '1,7', '2,7', '3,8', '4,8', '5,9');
  const by = (match: string) => write(`by-${match.length}.yaml`, workspace(match));
  const now = by('[{ fields: { email: exact } }]');
  const then = by('[{ fields: { email: exact } }, { fields: { last_name: exact, birth_date: exact } }]');

  const postrider = new Postrider(join(folder, 'data'), {});
  await postrider.do('apply', now, '--offline');
  await postrider.do('refresh', '--until', 'segments');
  const sizes = async () => {
    const { segments } = await postrider.json<{ segments: { segment: string; members: number }[] }>(
      'segments',
    );
    return Object.fromEntries(segments.map(({ segment, members }) => [segment, members]));
  };
  const before = await sizes();

  const preview = await postrider.json<Preview>('unify', 'preview', then);
  expect(preview).toMatchObject({ before: { people: 5 }, after: { people: 3 }, merges: { people: 2 } });
  const told = (when: 'before' | 'after') =>
    Object.fromEntries(preview.looked.segments.map(({ id, [when]: size }) => [id, size]));
  expect(told('before')).toEqual(before);
  expect(await sizes()).toEqual(before);
  const { stdout } = await postrider.do('unify', 'preview', then);
  expect(stdout).toContain('Nothing has been changed');
  expect(stdout).toContain('dan2@mail.test');

  await postrider.do('apply', then, '--offline');
  await postrider.do('refresh', '--until', 'segments');
  const after = await sizes();
  expect(after).not.toEqual(before);
  expect(told('after')).toEqual(after);
  // Ana twice and Dan of the shop; joined, both of them have one address left.
  expect(preview.looked.exports).toEqual([{ id: 'letter', before: 3, after: 2 }]);

  const { proposals } = await postrider.json<{ proposals: unknown[] }>('unify', 'propose');
  expect(proposals).toHaveLength(3);
  expect(await postrider.json('unify', 'bypass')).toEqual({ values: [] });
});
