import { expect, it } from 'vitest';
import { resolveDatabaseUrl } from './database-url.ts';
import { sourceConfig } from './source-config.ts';

const parse = (more: object) =>
  sourceConfig.safeParse({ type: 'postgres', url: '${SHOP_DB}', table: 'customers', ...more });

it.each([
  ['${SHOP_DB}'],
  ['postgres://${USER}:${PASSWORD}@host/shop'],
  ['postgres://shop@host:5433/shop?sslmode=require'],
])('the workspace may say %s', (url) => {
  expect(parse({ url }).success).toBe(true);
});

it.each([
  ['a password', 'postgres://shop:geheim@host/shop', /in the clear/],
  ['a password beside a variable', 'postgres://shop:geheim@${HOST}/shop', /in the clear/],
  ['a password among the options', 'postgres://host/shop?user=shop&password=geheim', /in the clear/],
  ['another service', 'mysql://host/geheim', /expected postgres/],
  ['no address', 'geheim', /expected postgres/],
])('the workspace may not hold %s, and the message does not repeat it', (_, url, says) => {
  const message =
    parse({ url })
      .error?.issues.map((issue) => issue.message)
      .join('\n') ?? '';
  expect(message).toMatch(says);
  expect(message).not.toContain('geheim');
});

it.each([
  ['neither table nor query', { table: undefined }],
  ['both', { query: 'SELECT 1' }],
  ['incremental without a key', { incremental: { column: 'changed' } }],
])('refuses %s', (_, more) => {
  expect(parse(more).success).toBe(false);
});

it('reads the environment when it is needed', () => {
  const env = { SHOP_DB: ' postgres://shop:p%40ss@host/shop\n', PASSWORD: 'x y', BLANK: ' ' };
  expect(resolveDatabaseUrl('${SHOP_DB}', env)).toBe('postgres://shop:p%40ss@host/shop');
  expect(() => resolveDatabaseUrl('postgres://shop:${BLANK}@host/shop', env)).toThrow(/no variable BLANK/);
  expect(() => resolveDatabaseUrl('${PASSWORD}', env)).toThrow(
    expect.objectContaining({ code: 'source_database_url' }) as Error,
  );
});
