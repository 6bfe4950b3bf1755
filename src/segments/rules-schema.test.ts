import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { checkRules } from './check-rules.ts';
import { buildCatalogue } from './catalogue.ts';
import { anyRules } from './random-rules.test-support.ts';
import { ruleGroup } from './rule.ts';
import { rulesJsonSchema } from './rules-schema.ts';

const docs = new URL('../../docs/', import.meta.url);
const page = readFileSync(new URL('segment-rules.md', docs), 'utf8');
const examples = [...page.matchAll(/```yaml\n([^]*?)```/g)].map(([, text = '']) => text);

/** What the examples speak of. */
const column = (name: string, type: 'text' | 'number' | 'boolean' | 'date' | 'time') => ({ name, type });
const catalogue = buildCatalogue({
  profile: {
    attributes: [
      ...['country', 'city', 'first_name'].map((name) => column(name, 'text')),
      column('consent', 'boolean'),
      column('birth_date', 'date'),
      column('updated_at', 'time'),
    ],
  },
  sources: [
    { source: 'shop', columns: [column('customer_no', 'number')] },
    {
      source: 'orders',
      columns: [
        ...['order_no', 'customer_no', 'product_no', 'total'].map((name) => column(name, 'number')),
        column('category', 'text'),
        column('ordered_at', 'time'),
      ],
    },
    { source: 'products', columns: [column('product_no', 'number'), column('label', 'text')] },
  ],
  unified: ['shop'],
  relationships: new Map([
    ['shop_orders', { from: 'orders.customer_no', to: 'shop.customer_no' }],
    ['product', { from: 'orders.product_no', to: 'products.product_no' }],
  ]),
  segments: new Map([['lapsed', {}]]),
});

describe('the JSON Schema of rules', () => {
  const validate = new Ajv2020({ strict: false }).compile(rulesJsonSchema());

  it('is the one that is published', () => {
    const published: unknown = JSON.parse(readFileSync(new URL('segment-rules.schema.json', docs), 'utf8'));
    expect(published, 'docs/segment-rules.schema.json is old: npm run schema').toEqual(
      JSON.parse(JSON.stringify(rulesJsonSchema())),
    );
  });

  it('accepts every rule there can be', () => {
    fc.assert(
      fc.property(anyRules, (rules) => {
        validate(JSON.parse(JSON.stringify(rules)));
        expect(validate.errors).toBeNull();
      }),
    );
  });

  it('finds examples in its page', () => {
    expect(examples.length).toBeGreaterThan(6);
  });
  it.each(examples)('accepts %s', (text) => {
    const rules: unknown = parse(text);
    validate(rules);
    expect(validate.errors).toBeNull();
    expect(checkRules(ruleGroup.parse(rules), catalogue, 'rules').problems).toEqual([]);
  });
});
