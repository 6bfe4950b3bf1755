import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createSecretKey } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { SourceId } from '../base/ids.ts';
import { oneAtATime } from '../base/one-at-a-time.ts';
import { secretKeyOf } from '../connections/seal.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { ensureExportTables } from '../exports/export-tables.ts';
import { accountedFor, type ExportRun } from '../exports/plan.ts';
import { runExceptions } from '../exports/run-exceptions.ts';
import { segmentConfig } from '../segments/segment-config.ts';
import { relationshipConfig } from '../segments/relationship-config.ts';
import { sourceConfig } from '../sources/source-config.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { putCarriedList, readCarriedList } from '../suppression/carry-list.ts';
import { suppressionKeyOf } from '../suppression/suppression-key.ts';
import { unifyConfig } from '../unify/unify-config.ts';
import { findPerson } from './find-person.ts';
import { forgetPerson, previewErasure, type ForgetRequest } from './forget-person.ts';
import { liftSuppression, receiptsOf } from './lift-suppression.ts';
import { refresh } from './refresh.ts';
import { runExport } from './run-export.ts';
import { sweepErased } from './sweep-erased.ts';
import { audienceId, TestLine, type TestPerson } from './test-support/test-line.ts';
import { DyingEngine } from './test-support/dying-engine.ts';

const ana: TestPerson = {
  id: 'k-ana',
  email: 'Ana.Pop@acme.test',
  first: 'Anastasia',
  last: 'Popescu',
  buyer: 'yes',
};
const others: TestPerson[] = [
  { id: 'k-bob', email: 'bob@acme.test', first: 'Bob', last: 'Ionescu', buyer: 'yes' },
  { id: 'k-cyd', email: 'joana.pop@acme.test', first: 'Joana', last: 'Pop' },
];
const request: ForgetRequest = { how: 'delete', by: 'officer', why: 'request 17' };

let line: TestLine;
beforeEach(async () => {
  line = await TestLine.open();
});
afterEach(() => line.close());

/** A second source, orders that point to people, and their lines. */
function withOrders(): void {
  const csv = (path: string, key: string) => sourceConfig.parse({ type: 'csv', path, key });
  const static_ = { name: 'Once', type: 'static', rules: { combinator: 'and', rules: [] } };
  line.settings = {
    ...line.settings,
    sources: new Map([
      ...line.settings.sources,
      ['orders' as SourceId, csv('orders.csv', 'no')],
      ['lines' as SourceId, csv('lines.csv', 'line')],
    ]),
    relationships: new Map([
      ['orders', relationshipConfig.parse({ from: 'orders.person', to: 'people.id' })],
      ['lines', relationshipConfig.parse({ from: 'lines.order', to: 'orders.no' })],
    ]),
    segments: new Map([...line.settings.segments, ['once' as never, segmentConfig.parse(static_)]]),
  };
  writeFileSync(join(line.folder, 'orders.csv'), 'no,person\n71,k-ana\n72,k-bob\n73,k-ana\n');
  writeFileSync(
    join(line.folder, 'lines.csv'),
    'line,order,what\n1,71,hat\n2,72,shoe\n3,73,scarf\n4,74,glove\n',
  );
}

const forget = (text = 'ana.pop@acme.test', more: Partial<ForgetRequest> = {}, engine?: Engine) =>
  forgetPerson(line.parts(engine), text, { ...request, ...more });

describe('12. one request removes a person', () => {
  it('from every table of this installation, and from the log of writes', async () => {
    withOrders();
    await line.people([ana, ...others]);
    await line.run();
    await line.people([{ ...ana, first: 'Anastasia Maria' }, ...others]);
    await line.run();
    expect(await whereIs(line.engine, ['ana.pop@', 'popescu', 'k-ana'])).not.toEqual([]);
    const [person] = await findPerson(line.parts(), 'ana.pop@acme.test');
    expect(person?.related.map(({ source, row }) => `${source} ${String(row._key)}`)).toEqual([
      'lines 1',
      'lines 3',
      'orders 71',
      'orders 73',
    ]);

    // As a load that was killed leaves it.
    await line.engine.commit([sql`CREATE TABLE source_load."staged people" AS SELECT * FROM source.people`]);

    const receipt = await forget();

    expect(receipt).toMatchObject({ state: 'done', profiles: 1, audiences: [{ removed: 1, open: null }] });
    expect(Object.fromEntries(receipt.places.map(({ place, rows }) => [place, rows]))).toMatchObject({
      'source people': 1,
      'source orders': 2,
      'source lines': 2,
      segments: 3,
      'export.exported': 1,
    });
    const needles = ['ana.pop@', 'anastasia', 'popescu', 'k-ana', person?.customerId ?? '', 'scarf'];
    expect(
      await whereIs(
        line.engine,
        needles.filter((needle) => needle !== 'ana.pop@'),
      ),
    ).toEqual([]);
    // "joana.pop@" holds it too, and stays.
    expect(await whereIs(line.engine, ['ana.pop@'], 'joana.pop@')).toEqual([]);
    expect(await whereIs(line.engine, ['joana.pop@'])).not.toEqual([]);
    expect(Object.keys(line.audience())).toEqual(others.map(({ email }) => email));
  });

  it('and the next night, the import that brings them again is blocked and counted', async () => {
    withOrders();
    await line.people([ana, ...others]);
    await line.run();
    await forget();
    line.writes();
    // The same key under another address; the same address under another key; orders of nobody else.
    await line.people([{ ...ana, email: 'new@acme.test' }, { ...ana, id: 'k-new' }, ...others]);
    const loads = await loadedSources(line.engine);
    expect(loads.map(({ source, rows, suppressed }) => [source, rows, suppressed])).toEqual([
      ['lines', 2, 2],
      ['orders', 1, 2],
      ['people', 2, 2],
    ]);
    expect(await line.run()).toMatchObject({ people: { desired: 2, unchanged: 2, add: 0, leave: 0 } });
    expect(line.writes()).toBe(0);
    expect(await whereIs(line.engine, ['popescu', 'k-ana', 'k-new', 'new@'])).toEqual([]);
  });

  it('and the log beside the people file holds nothing of them', async () => {
    const file = join(line.folder, 'people.duckdb');
    const engine = await openDuckdb({ path: file });
    try {
      await ensureExportTables(engine);
      writeFileSync(
        join(line.folder, 'people.csv'),
        'id,email,first,last,buyer,city\nk-ana,ana@acme.test,Ana,Popescu,,\n',
      );
      const signal = new AbortController().signal;
      await refresh(line.parts(engine), { until: 'segments', by: 'test', signal });
      expect(readFileSync(`${file}.wal`, 'latin1')).toContain('Popescu');
      await forget('ana@acme.test', {}, engine);
      expect(existsSync(`${file}.wal`) ? readFileSync(`${file}.wal`, 'latin1') : '').not.toMatch(
        /Popescu|ana@/,
      );
    } finally {
      await engine.close();
    }
  });

  it('also beside a refresh, which has read them already', async () => {
    await line.people([ana, ...others]);
    const inTurn = oneAtATime();
    let erasure: Promise<unknown> | undefined;
    const engine = new (class extends DyingEngine {
      override async commit(...changes: Parameters<Engine['commit']>): Promise<void> {
        await super.commit(...changes);
        const mapped = (await whereIs(line.engine, ['k-ana'])).find((place) =>
          place.startsWith('unify_work.'),
        );
        if (mapped === undefined) return;
        erasure ??= forgetPerson(line.parts(), 'ana.pop@acme.test', request, inTurn);
        // Either it is over, or it waits for this refresh.
        await Promise.race([erasure, new Promise((resolve) => setTimeout(resolve, 500))]);
      }
    })(line.engine, () => true);
    const signal = new AbortController().signal;
    await refresh(line.parts(engine), { until: 'segments', by: 'test', signal, inTurn });
    expect(await erasure).toMatchObject({ state: 'done', profiles: 1 });
    expect(await whereIs(line.engine, ['popescu', 'k-ana'])).toEqual([]);
    expect(await whereIs(line.engine, ['ana.pop@'], 'joana.pop@')).toEqual([]);
  });

  it('also out of rows that were set aside', async () => {
    const readIn = async (...rows: string[]) => {
      writeFileSync(
        join(line.folder, 'people.csv'),
        ['id,email,first,last,buyer,city', ...rows, ''].join('\n'),
      );
      await refresh(line.parts(), { until: 'segments', by: 'test', signal: new AbortController().signal });
    };
    const tooLong = 'k-2,<Ana.Pop@acme.test>,Anastasia,Popescu,,,more';
    const fine = 'k-bob,bob@acme.test,Bob,Ionescu,,';
    await readIn('k-ana,ana.pop@acme.test,Anastasia,Popescu,,', tooLong, fine);
    expect(await whereIs(line.engine, ['popescu'])).toContain('source_load.reject.raw');
    expect((await forget()).places).toContainEqual({ place: 'rejected rows', rows: 1, became: 'blanked' });
    expect(await whereIs(line.engine, ['popescu'])).toEqual([]);
    await readIn(tooLong, fine);
    expect(await whereIs(line.engine, ['popescu'])).toEqual([]);
    expect(await loadedSources(line.engine)).toMatchObject([{ rejected: 1, rows: 1 }]);
  });

  it('takes all addresses of the person, also one that a contact changed to or a record had once', async () => {
    line.settings = {
      ...line.settings,
      unify: unifyConfig.parse({
        sources: [
          {
            source: 'people',
            attributes: {
              email: 'email',
              first_name: 'first',
              last_name: 'last',
              buyer: 'buyer',
              city: 'city',
            },
            deduplicate: [{ fields: { last_name: 'exact' } }],
          },
        ],
      }),
    };
    await line.people([{ ...ana, email: 'before@acme.test' }, ...others]);
    await line.run();
    await line.people([ana, { ...ana, id: 'k-2', email: 'second@acme.test' }, ...others]);
    line.seed({ address: 'second@acme.test' });
    const preview = await previewErasure(line.parts(), 'ana.pop@acme.test');
    expect(preview).toMatchObject({ profiles: 1, audiences: ['account:aud1'] });
    expect(preview.addresses).toEqual(['ana.pop@acme.test', 'before@acme.test', 'second@acme.test']);
    expect(await receiptsOf(line.parts(), 'ana.pop@acme.test')).toEqual([]);
    expect(await forget()).toMatchObject({ audiences: [{ removed: 2, absent: 1 }] });
  });

  it('refuses to erase people who only share an address, until told how many', async () => {
    await line.people([ana, { ...ana, id: 'k-son', first: 'Son' }, ...others]);
    await expect(forget()).rejects.toMatchObject({ code: 'forget_several_people' });
    expect(await findPerson(line.parts(), 'ana.pop@acme.test')).toHaveLength(2);
    expect(await forget(undefined, { people: 2 })).toMatchObject({ profiles: 2 });
  });

  it('takes no address into what is kept for good', async () => {
    await line.people([ana]);
    await expect(forget(undefined, { why: 'mail of ANA.POP@acme.test' })).rejects.toMatchObject({
      code: 'reason_names_person',
    });
    await expect(forget('k-nobody')).rejects.toMatchObject({ code: 'person_unknown' });
  });
});

describe('in Mailchimp', () => {
  it.each([
    ['subscribed', 'archive', { removed: 1 }],
    ['archived', 'archive', { already: 1 }],
    ['pending', 'archive', { open: { code: 'archive_refused' } }],
    ['pending', 'delete', { removed: 1 }],
    ['cleaned', 'delete', { removed: 1 }],
  ] as const)('somebody known nowhere else who is %s, by %s: %j', async (status, how, ended) => {
    line.seed({ address: 'far@acme.test', status });
    const receipt = await forget('far@acme.test', { how });
    expect(receipt.audiences).toMatchObject([{ connection: 'account', audience: audienceId, ...ended }]);
    expect(receipt.state).toBe('open' in ended ? 'open' : 'done');
    await line.people([{ ...ana, email: 'far@acme.test' }, ...others]);
    expect(await line.run()).toMatchObject({ people: { desired: 2 } });
  });

  it('an audience that cannot be reached stays open, is told, and is done by the same command', async () => {
    await line.people([ana, ...others]);
    await line.run();
    line.sandbox.control.addFault({
      method: 'POST',
      path: 'delete-permanent$',
      times: null,
      when: 'before',
      answer: { kind: 'status', status: 403, body: 'problem' },
    });
    const open = await forget();
    expect(open).toMatchObject({ state: 'open', finishedAt: null });
    expect(open.audiences[0]?.open?.message).toMatch(/Mailchimp/);
    // Sealed, not readable.
    expect(await whereIs(line.engine, ['ana.pop@'], 'joana.pop@')).toEqual([]);
    expect(Object.keys(line.audience())).toContain('ana.pop@acme.test');
    line.sandbox.control.clearFaults();
    const done = await forget();
    expect(done).toMatchObject({ erasure: open.erasure, state: 'done', profiles: 1, places: open.places });
    expect(Object.keys(line.audience())).not.toContain('ana.pop@acme.test');
  });

  it('a contact that is archived counts in what is known of the audience, with nothing of the person', async () => {
    await line.people([ana, ...others]);
    await line.run();
    await forget(undefined, { how: 'archive' });
    await line.run();
    expect(line.said.join()).not.toContain('reading all of it');
    expect(await whereIs(line.engine, ['popescu', 'k-ana'])).toEqual([]);
    expect(await whereIs(line.engine, ['ana.pop@'], 'joana.pop@')).toEqual([]);
    const held = await line.engine.rows(
      sql`SELECT status, count(*) AS n FROM export.audience_member GROUP BY ALL ORDER BY ALL`,
    );
    expect(held).toEqual([
      { status: 'archived', n: 1 },
      { status: 'subscribed', n: 2 },
    ]);
  });
});

describe('runs', () => {
  it('keep their counts, and name the person no more', async () => {
    await line.people([ana, { ...others[0]!, email: 'not an address' }]);
    const before = await line.run();
    await forget();
    const [after] = await line.engine.rows<{ body: string }>(
      sql`SELECT body FROM export.run WHERE run = ${before.run}`,
    );
    expect(JSON.parse(after?.body ?? '{}')).toMatchObject({ people: before.people, changes: before.changes });
    const [rows] = await line.engine.rows(
      sql`SELECT count(*) AS n, count(*) FILTER (WHERE address = '') AS blank FROM export.plan_person WHERE run = ${before.run}`,
    );
    expect(rows).toEqual({ n: 2, blank: 1 });
  });

  it.each(['before its request', 'while its request is on its way'])(
    'that go on send nobody who is erased %s, and name them no more',
    async (when) => {
      await line.people([ana, ...others]);
      const parts = line.parts();
      let erasure: Promise<unknown> | undefined;
      const erased = async () => {
        erasure ??= forget();
        const noted = sql`SELECT 1 AS there FROM export.outcome WHERE reason = 'erased'`;
        await expect.poll(() => line.engine.rows(noted)).toHaveLength(1);
      };
      const run = await runExport(
        {
          ...parts,
          async openDestination(connection) {
            const destination = await parts.openDestination(connection);
            return {
              ...destination,
              async upsert(...batch) {
                if (when === 'before its request') await erased();
                const answer = await destination.upsert(...batch);
                await erased();
                return answer;
              },
            };
          },
        },
        'news',
        { by: 'test', signal: new AbortController().signal },
      );
      expect(run).toMatchObject({ people: { desired: 3, add: 2, keptOut: { erased: 1 }, failed: {} } });
      expect(accountedFor(run.people)).toBe(3);
      expect(await erasure).toMatchObject({ state: 'done' });
      expect(Object.keys(line.audience())).toEqual(others.map(({ email }) => email));
      expect(await whereIs(line.engine, ['popescu', 'k-ana'])).toEqual([]);
      expect(await whereIs(line.engine, ['ana.pop@'], 'joana.pop@')).toEqual([]);
    },
  );

  it.each(['planned', 'running'] as const)(
    'that are %s and nobody carries out do not send them',
    async (state) => {
      await line.people([ana, ...others]);
      await line.run();
      await line.people([
        { ...ana, first: 'Changed' },
        { ...others[0]!, first: 'Changed', buyer: 'no' },
      ]);
      const sent = (run: ExportRun) => {
        expect(run).toMatchObject({
          status: 'succeeded',
          people: { desired: 2, update: 1, keptOut: { erased: 1 }, leave: 1 },
        });
        expect(accountedFor(run.people)).toBe(run.people.desired);
      };
      if (state === 'planned') {
        const plan = await line.plan();
        await forget();
        sent(await line.run({ plan: plan.run }));
      } else {
        // Dead after its start, before anything was sent.
        const engine = new DyingEngine(
          line.engine,
          (change) => !JSON.stringify(change).includes("'sending'"),
        );
        await line.run({ engine }).catch(() => undefined);
        await forget();
        const run = await line.run();
        sent(run);
        expect(await runExceptions(line.engine, run, { limit: 9, offset: 0 })).toMatchObject([
          { email: '', result: 'keptOut', reason: 'erased' },
        ]);
      }
      expect(Object.keys(line.audience())).toEqual(others.map(({ email }) => email));
      const ledger = await line.engine.rows(sql`SELECT address FROM export.exported ORDER BY address`);
      expect(ledger.map((row) => row.address)).toEqual(others.map(({ email }) => email));
    },
  );
});

describe('afterwards', () => {
  it('a second erasure finds nothing and does no harm', async () => {
    await line.people([ana, ...others]);
    await line.run();
    await forget();
    line.writes();
    expect(await forget()).toMatchObject({
      state: 'done',
      profiles: 0,
      places: [],
      audiences: [{ removed: 0, absent: 1 }],
    });
    expect(line.writes()).toBe(0);
    expect(await receiptsOf(line.parts(), ' ANA.pop@acme.test')).toHaveLength(2);
    expect(await receiptsOf(line.parts(), 'bob@acme.test')).toEqual([]);
  });

  it('a lifted person is taken in again, and whoever had left stays out', async () => {
    await line.people([ana, ...others]);
    await line.run();
    line.act('ana.pop@acme.test', { kind: 'unsubscribeSelf' });
    await forget(undefined, { how: 'archive' });
    await line.run();
    const lift = () => liftSuppression(line.parts(), 'ana.pop@acme.test', { by: 'officer', why: 'asked' });
    expect(await lift()).toMatchObject([{ state: 'lifted', lifted: { by: 'officer' } }]);
    await expect(lift()).rejects.toMatchObject({ code: 'not_suppressed' });
    await line.people([ana, ...others]);
    expect(await loadedSources(line.engine)).toMatchObject([{ rows: 3, suppressed: 0 }]);
    expect(await line.run()).toMatchObject({ people: { desired: 3, keptOut: { archived: 1 } } });
    expect(await receiptsOf(line.parts(), 'ana.pop@acme.test')).toMatchObject([{ state: 'lifted' }]);
  });

  it('with another secret key nothing is read in, as nobody would be known again', async () => {
    await line.people([ana, ...others]);
    await forget();
    line.suppressionKey = suppressionKeyOf(secretKeyOf(createSecretKey(Buffer.alloc(32, 8))));
    await expect(line.people([ana, ...others])).rejects.toMatchObject({ code: 'suppression_key_changed' });
    await expect(forget('bob@acme.test')).rejects.toMatchObject({ code: 'suppression_key_changed' });
  });

  it('a backup from before is cleared of them', async () => {
    withOrders();
    await line.people([ana, ...others]);
    await line.run();
    await forget();
    const carried = await readCarriedList(line.engine);

    const old = await TestLine.open();
    try {
      old.settings = { ...line.settings, exports: old.settings.exports };
      await old.people([ana, ...others]);
      await old.run();
      await putCarriedList(old.engine, carried);
      expect(await sweepErased(old.parts())).toBe(1);
      expect(await whereIs(old.engine, ['popescu', 'k-ana', 'scarf'])).toEqual([]);
      expect(await receiptsOf(old.parts(), 'ana.pop@acme.test')).toMatchObject([{ state: 'done' }]);
      expect(await sweepErased(old.parts())).toBe(0);
    } finally {
      await old.close();
    }
  });
});

describe('killed at any instant', () => {
  it.each(['before', 'after'] as const)(
    'dead %s any of its commits, the same command ends it',
    async (side) => {
      const gone: TestPerson[] = [];
      for (let commits = 1, alive = false; !alive; commits++) {
        const person = {
          ...ana,
          id: `k-${commits}`,
          email: `p${commits}@acme.test`,
          last: `Popescu${commits}`,
        };
        // Those who went before come again with every import.
        await line.people([person, ...gone, ...others]);
        expect(await loadedSources(line.engine)).toMatchObject([{ rows: 3, suppressed: gone.length }]);
        gone.push(person);
        line.seed({ address: person.email });
        let count = 0;
        const engine = new DyingEngine(line.engine, () => ++count < commits, side);
        await forget(person.email, {}, engine).catch(() => undefined);
        alive = !engine.died;
        // All of its commits had their turn.
        if (alive) expect(commits).toBeGreaterThan(4);
        const receipt = await forget(person.email);
        expect(receipt, `died ${side} commit ${commits}`).toMatchObject({ state: 'done' });
        expect(await whereIs(line.engine, [person.email, `popescu${commits}`, `"${person.id}"`])).toEqual([]);
        expect(line.audience()).toEqual({});
      }
    },
    120_000,
  );
});

/** `table.column` of every column of any table in which one of the texts stands, case aside. */
async function whereIs(engine: Engine, texts: readonly string[], butNotIn = '\u0000'): Promise<string[]> {
  const columns = await engine.rows<{ schema: string; table: string; column: string }>(sql`
    SELECT table_schema AS "schema", table_name AS "table", column_name AS "column" FROM information_schema.columns
    WHERE table_schema NOT IN ('information_schema', 'pg_catalog')`);
  const found: string[] = [];
  for (const { schema, table, column } of columns) {
    const text = sql`replace(lower(CAST(${name(column)} AS VARCHAR)), ${butNotIn}, '')`;
    const rows = await engine.rows(sql`
      SELECT 1 AS there FROM ${name(schema, table)}
      WHERE len(list_filter(${texts}, lambda needle: contains(${text}, needle))) > 0 LIMIT 1`);
    if (rows.length > 0) found.push(`${schema}.${table}.${column}`);
  }
  return found;
}
