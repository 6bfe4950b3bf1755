import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SourceId } from '../base/ids.ts';
import { sql } from '../engine/sql.ts';
import { readProfileShape } from '../profiles/profile-shape.ts';
import { computedAttributeConfig } from '../segments/computed-attribute-config.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { sourceConfig } from '../sources/source-config.ts';
import type { UnifyConfig } from '../unify/unify-config.ts';
import { previewUnifyChange } from './preview-unify.ts';
import { refresh } from './refresh.ts';
import { TestLine } from './test-support/test-line.ts';

let line: TestLine;
const folder = mkdtempSync(join(tmpdir(), 'postrider-computed-'));

beforeAll(async () => {
  line = await TestLine.open({ attributes: { FNAME: 'first_name', VISITS: 'orders_made' } });
  writeFileSync(
    join(folder, 'orders.csv'),
    `order,person,total,day,what
1,1,10.50,2026-01-05,tea
2,1,20,2026-11-20,cake
3,2,5,2026-11-23,tea
4,9,99,2026-11-23,tea
`,
  );
  const columns = { person: { type: 'text' } };
  const orders = sourceConfig.parse({ type: 'csv', path: join(folder, 'orders.csv'), key: 'order', columns });
  line.settings = {
    ...line.settings,
    sources: new Map([...line.settings.sources, ['orders' as SourceId, orders]]),
    relationships: new Map([['bought', { from: 'orders.person', to: 'people.id' }]]),
  };
});
afterAll(async () => {
  await line.close();
  rmSync(folder, { recursive: true });
});

const people = [
  { id: '1', email: 'ana@acme.test', first: 'Ana' },
  { id: '2', email: 'ion@acme.test', first: 'Ion' },
  { id: '3', email: 'eva@acme.test', first: 'Eva' },
];

function compute(computed: Record<string, unknown>): void {
  const configs = Object.entries(computed).map(
    ([id, config]) => [id, computedAttributeConfig.parse(config)] as const,
  );
  line.settings = { ...line.settings, computed: new Map(configs) };
}

const values = (column: string) =>
  line.engine.rows(
    sql`SELECT email, ${{ nodes: [{ name: [column] }] }} AS value FROM profile.profile ORDER BY email`,
  );

describe('attributes made of related rows', () => {
  it.each([
    [{ function: 'count' }, [2, 0, 1]],
    [{ function: 'sum', column: 'total' }, [30.5, 0, 5]],
    [{ function: 'average', column: 'total' }, [15.25, null, 5]],
    [{ function: 'max', column: 'day' }, ['2026-11-20', null, '2026-11-23']],
    [{ function: 'last', column: 'what', by: 'day' }, ['cake', null, 'tea']],
    [{ function: 'countDistinct', column: 'what' }, [2, 0, 1]],
    [
      {
        function: 'count',
        where: { combinator: 'and', rules: [{ field: 'day', operator: 'withinLast', value: { days: 30 } }] },
        asOf: '2026-11-24',
      },
      [1, 0, 1],
    ],
  ])('%j', async (config, [ana, eva, ion]) => {
    compute({ made: { of: 'bought', ...config } });
    await line.people(people);
    expect(await values('made')).toEqual([
      { email: 'ana@acme.test', value: ana },
      { email: 'eva@acme.test', value: eva },
      { email: 'ion@acme.test', value: ion },
    ]);
  });

  it('can be asked for in rules and sent as merge fields', async () => {
    compute({ orders_made: { of: 'bought', function: 'count' } });
    const rules = { combinator: 'and', rules: [{ field: 'orders_made', operator: '>=', value: 1 }] };
    line.settings = {
      ...line.settings,
      segments: new Map(
        [...line.settings.segments].map(([id]) => [id, segmentConfig.parse({ name: id, rules })]),
      ),
    };
    await line.people(people);
    expect((await line.run()).people).toMatchObject({ desired: 2, add: 2 });
    expect(line.audience()['ana@acme.test']?.fields).toMatchObject({ VISITS: 2 });
  });

  it('are made for people who are only looked at, too', async () => {
    const unify = line.settings.unify as UnifyConfig;
    const withoutIon = { email: ['ana@acme.test', 'eva@acme.test'] };
    const next = { ...unify, sources: unify.sources.map((source) => ({ ...source, where: withoutIon })) };
    const { looked } = await previewUnifyChange(line.parts(), next, folder);
    expect(looked).toMatchObject({
      problems: [],
      segments: [
        { id: 'everyone', before: 2, after: 1 },
        { id: 'buyers', before: 2, after: 1 },
      ],
    });
  });

  it.each([
    [{ made: { of: 'nothing', function: 'count' } }, 'computed.made.of'],
    [{ made: { of: 'bought', function: 'sum' } }, 'computed.made'],
    [{ made: { of: 'bought', function: 'sum', column: 'amount' } }, 'computed.made.aggregate.column'],
    [{ bought: { of: 'bought', function: 'count' } }, 'computed.bought'],
    [{ city: { of: 'bought', function: 'count' } }, 'computed.city'],
    [{ First_Seen: { of: 'bought', function: 'count' } }, 'computed.First_Seen'],
    [
      { spent: { of: 'bought', function: 'count' }, Spent: { of: 'bought', function: 'count' } },
      'computed.spent',
    ],
  ])('say what is wrong with them: %j', async (computed, place) => {
    compute({ orders_made: { of: 'bought', function: 'count' } });
    await line.people(people);
    compute(computed);
    const attempt = refresh(line.parts(), {
      until: 'unify',
      by: 'test',
      signal: new AbortController().signal,
    });
    await expect(attempt).rejects.toThrow(place);
  });

  it('leave the profiles as they were when what they are made of is gone', async () => {
    compute({ orders_made: { of: 'bought', function: 'count' } });
    await line.people(people);
    compute({ orders_made: { of: 'bought', function: 'max', column: 'gone' } });
    await expect(line.people(people)).rejects.toThrow('gone');
    expect(await values('orders_made')).toContainEqual({ email: 'ana@acme.test', value: 2 });
  });

  it('leave the profiles as they were when they cannot be computed', async () => {
    const config = { of: 'bought', function: 'count', asOf: { newest: 'orders.day' } };
    compute({ orders_made: config });
    await line.people(people);
    writeFileSync(join(folder, 'orders.csv'), 'order,person,total,day,what\n1,1,10.50,9999-12-31,tea\n');
    await expect(line.people(people.slice(1))).rejects.toMatchObject({ code: 'as_of_unusable' });
    expect(await values('orders_made')).toContainEqual({ email: 'ana@acme.test', value: 2 });
    const { attributes } = await readProfileShape(line.engine);
    expect(attributes).toContainEqual({ name: 'orders_made', type: 'integer' });
  });
});
