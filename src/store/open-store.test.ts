import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listAudit, recordAudit } from './audit.ts';
import { describeSchema } from './test-support/describe-schema.ts';
import {
  startTestPostgres,
  testPostgresAvailable,
  type LocalPostgres,
} from './test-support/local-postgres.ts';
import { migrationsFolder, readMigrations, type Migration, type Session } from './migrate.ts';
import { openStore, type Store } from './open-store.ts';
import { storeSuite } from './store.suite.ts';
import { listItems, putItem } from './workspace-items.ts';

storeSuite('embedded', () => openStore({ memory: true }));

const all = readMigrations();
const good: Migration = {
  number: all.length + 1,
  name: '9001-good',
  text: 'create table good (n integer); insert into good values (1);',
};
const bad: Migration = {
  number: all.length + 1,
  name: '9001-bad',
  text: 'create table half (n integer); insert into nowhere values (1);',
};

/** Laws of opening that hold on both: `location` is the same database each time, `emptyPlace` another one. */
function openingSuite(
  label: string,
  location: () => Parameters<typeof openStore>[0],
  emptyPlace: () => Promise<Parameters<typeof openStore>[0]>,
): void {
  describe(`opening: ${label}`, () => {
    it('keeps what was written', async () => {
      const first = await openStore(location());
      await putItem(
        first.db,
        { kind: 'segment', id: 'kept', name: 'Kept', body: {}, position: 0 },
        new Date(),
      );
      await first.close();
      const second = await openStore(location());
      expect((await listItems(second.db)).map((item) => item.id)).toEqual(['kept']);
      await second.close();
    });

    it('brings every schema there ever was to the present one, with what stands in it', async () => {
      for (let version = 1; version < all.length; version += 1) {
        const place = await emptyPlace();
        const before = await openStore(place, all.slice(0, version));
        const at = new Date('2026-11-25T09:00:00Z');
        await putItem(
          before.db,
          { kind: 'segment', id: `v${version}`, name: 'Kept', body: { rules: {} }, position: 0 },
          at,
        );
        await recordAudit(before.db, {
          at,
          who: 'ana',
          action: 'run.release',
          subject: 'run:r1',
          detail: { why: 'x' },
        });
        await before.close();
        const now = await openStore(place);
        expect((await listItems(now.db)).map(({ id, body }) => [id, body])).toEqual([
          [`v${version}`, { rules: {} }],
        ]);
        expect((await listAudit(now.db, { limit: 9 })).items).toMatchObject([{ detail: { why: 'x' } }]);
        expect(await describeSchema(sessionOf(now))).toBe(
          readFileSync(join(migrationsFolder, 'schema.sql'), 'utf8'),
        );
        await now.close();
      }
    });

    it('rolls a failed migration back whole and says which one it was', async () => {
      await expect(openStore(location(), [...all, bad])).rejects.toMatchObject({
        code: 'migration_failed',
        message: expect.stringContaining('9001-bad') as string,
      });
      const store = await openStore(location());
      expect(await tableNames(store)).not.toContain('half');
      await store.close();
    });

    it('refuses a database that a newer version has written', async () => {
      const newer = await openStore(location(), [...all, good]);
      await newer.close();
      await expect(openStore(location())).rejects.toMatchObject({
        kind: 'configuration',
        code: 'database_newer',
      });
    });
  });
}

describe('embedded database', () => {
  const folder = mkdtempSync(join(tmpdir(), 'postrider-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  openingSuite(
    'embedded',
    () => ({ dataFolder: join(folder, 'data') }),
    async () => ({ dataFolder: mkdtempSync(join(folder, 'empty-')) }),
  );

  it('leaves nothing of a memory store behind', async () => {
    const ours = () => readdirSync(tmpdir()).filter((entry) => entry.startsWith('postrider-store-'));
    const before = new Set(ours());
    const store = await openStore({ memory: true });
    const own = ours().filter((entry) => !before.has(entry));
    expect(own).not.toEqual([]);
    await store.close();
    expect(own.filter((entry) => existsSync(join(tmpdir(), entry)))).toEqual([]);
  });

  it('is described by migrations/schema.sql; "npx vitest run src/store -u" writes it anew', async () => {
    const store = await openStore({ memory: true });
    const text = await describeSchema(sessionOf(store));
    await store.close();
    await expect(text).toMatchFileSnapshot(join(migrationsFolder, 'schema.sql'));
  });
});

describe.skipIf(!testPostgresAvailable)('PostgreSQL (TEST_DATABASE_URL, or programs found here)', () => {
  let server: LocalPostgres;
  let databaseUrl: string;
  beforeAll(async () => {
    server = await startTestPostgres();
    databaseUrl = await server.createDatabase();
  });
  afterAll(() => server.stop());

  storeSuite('PostgreSQL', async () => openStore({ databaseUrl: await server.createDatabase() }));
  openingSuite(
    'PostgreSQL',
    () => ({ databaseUrl }),
    async () => ({ databaseUrl: await server.createDatabase() }),
  );

  it('has the schema that migrations/schema.sql describes', async () => {
    const store = await openStore({ databaseUrl: await server.createDatabase() });
    const text = await describeSchema(sessionOf(store));
    await store.close();
    await expect(text).toMatchFileSnapshot(join(migrationsFolder, 'schema.sql'));
  });

  it('migrates once when many start at once', async () => {
    const fresh = await server.createDatabase();
    const stores = await Promise.all(
      Array.from({ length: 4 }, () => openStore({ databaseUrl: fresh }, [...all, good])),
    );
    const rows = await sql<{ n: number }>`select count(*) as n from good`.execute(stores[0]!.db);
    await Promise.all(stores.map((store) => store.close()));
    expect(rows.rows).toEqual([{ n: 1 }]);
  });

  it('outlives a connection that breaks while it is lent and nothing is asked', async () => {
    const fresh = await server.createDatabase();
    const store = await openStore({ databaseUrl: fresh });
    const other = await openStore({ databaseUrl: fresh });
    // An error that nobody listens to would end the process, and these tests with it.
    const lent = store.db.transaction().execute(async (transaction) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(transaction);
      await sql`select pg_terminate_backend(${rows[0]?.pid})`.execute(other.db);
      await sleep(200);
      await sql`select 1`.execute(transaction);
    });
    await expect(lent).rejects.toThrow();
    const again = await sql<{ n: number }>`select 1 as n`.execute(store.db);
    expect(again.rows).toEqual([{ n: 1 }]);
    await Promise.all([store.close(), other.close()]);
  });

  it('says that a server does not answer, without the password', async () => {
    const error = await openStore({ databaseUrl: 'postgres://ana:s3cret@127.0.0.1:1/none' }).catch(
      (e: unknown) => e,
    );
    expect(error).toMatchObject({ kind: 'configuration', code: 'database_unreachable' });
    expect(JSON.stringify(error)).not.toContain('s3cret');
  });
});

function sessionOf(store: Store): Pick<Session, 'rows'> {
  return { rows: async (query) => (await sql.raw<Record<string, unknown>>(query).execute(store.db)).rows };
}

async function tableNames(store: Store): Promise<string[]> {
  return (await store.db.introspection.getTables()).map((table) => table.name);
}
