import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExportId, RunId } from '../base/ids.ts';
import { listAudit, recordAudit } from './audit.ts';
import { listPauses, pauseExport, resumeExport } from './export-states.ts';
import {
  putStoreLines,
  readStoreLines,
  refuseFilledStore,
  settleRestored,
  type StoreLine,
} from './carry-store.ts';
import type { Store } from './open-store.ts';
import { listRunHeaders, saveRunHeaders, type RunHeader } from './run-headers.ts';
import { findItem, listItems, putItem, removeItem, type NewItem } from './workspace-items.ts';

/** What the store must do on every database. Call it in a test file beside the implementation. */
export function storeSuite(label: string, open: () => Promise<Store>): void {
  describe(`store: ${label}`, () => {
    let store: Store;
    const now = new Date('2026-11-24T06:00:00.123Z');
    const later = new Date('2026-11-24T07:00:00.456Z');

    beforeAll(async () => {
      store = await open();
    });
    afterAll(() => store.close());

    describe('workspace items', () => {
      const item: NewItem = {
        kind: 'segment',
        id: 'big-spenders',
        name: 'Big spenders',
        position: 0,
        // The order of keys is the writer's, and a quote and an umlaut come along.
        body: { zeta: 1, alpha: ["O'Brien", 'Müller'], empty: [], nothing: null },
      };

      it('gives back what was put, keys in the order they came in', async () => {
        expect(await putItem(store.db, item, now)).toBe('created');
        const found = await findItem(store.db, 'segment', 'big-spenders');
        expect(found).toEqual({ ...item, createdAt: now, updatedAt: now, removedAt: undefined });
        expect(JSON.stringify(found?.body)).toBe(JSON.stringify(item.body));
      });

      it('keeps the time of an item that says what it said, and moves it for one that does not', async () => {
        expect(await putItem(store.db, item, later)).toBe('unchanged');
        expect((await findItem(store.db, 'segment', item.id))?.updatedAt).toEqual(now);
        expect(await putItem(store.db, { ...item, name: 'Spenders' }, later)).toBe('changed');
        expect(await findItem(store.db, 'segment', item.id)).toMatchObject({
          name: 'Spenders',
          createdAt: now,
          updatedAt: later,
        });
      });

      it('hides a removed item from the list, finds it by its id and lets it come back', async () => {
        expect(await removeItem(store.db, 'segment', item.id, later)).toBe(true);
        expect(await removeItem(store.db, 'segment', item.id, later)).toBe(false);
        expect(await listItems(store.db, 'segment')).toEqual([]);
        expect((await findItem(store.db, 'segment', item.id))?.removedAt).toEqual(later);
        expect(await putItem(store.db, item, later)).toBe('created');
        expect(await listItems(store.db, 'segment')).toHaveLength(1);
      });

      it('lists by kind and position', async () => {
        await putItem(store.db, { kind: 'export', id: 'b', name: 'b', body: {}, position: 0 }, now);
        await putItem(store.db, { kind: 'export', id: 'a', name: 'a', body: {}, position: 1 }, now);
        expect((await listItems(store.db)).map((each) => `${each.kind}/${each.id}`)).toEqual([
          'export/b',
          'export/a',
          'segment/big-spenders',
        ]);
      });

      it('takes everything back when a transaction fails', async () => {
        const failing = store.db.transaction().execute(async (transaction) => {
          await putItem(transaction, { kind: 'export', id: 'c', name: 'c', body: {}, position: 2 }, now);
          throw new Error('changed my mind');
        });
        await expect(failing).rejects.toThrow('changed my mind');
        expect(await findItem(store.db, 'export', 'c')).toBeUndefined();
      });
    });

    describe('run headers', () => {
      const exportId = 'newsletter' as ExportId;
      const header = (id: string, createdAt: Date): RunHeader => ({
        id: id as RunId,
        export: exportId,
        kind: 'run',
        status: 'planned',
        requestedBy: 'ana',
        createdAt,
        startedAt: undefined,
        finishedAt: undefined,
        summary: { people: { desired: 3, add: 1 } },
        brake: undefined,
        release: undefined,
      });

      it('come back as they were written', async () => {
        await saveRunHeaders(store.db, [header('r1', now)]);
        expect(await listRunHeaders(store.db)).toEqual([header('r1', now)]);
      });

      it('are written over when the run has moved on', async () => {
        const moved: RunHeader = {
          ...header('r1', now),
          status: 'succeeded',
          startedAt: later,
          finishedAt: later,
          summary: { people: {} },
          brake: { code: 'too_many_leavers', message: '12 % would leave; the limit is 10 %.' },
          release: { by: 'ana', reason: 'the shop has closed', at: later },
        };
        await saveRunHeaders(store.db, [moved]);
        await saveRunHeaders(store.db, [moved]);
        expect(await listRunHeaders(store.db)).toEqual([moved]);
      });

      it('are listed the newest first, by export', async () => {
        await saveRunHeaders(store.db, [
          header('r2', later),
          { ...header('r3', later), export: 'other' as ExportId, kind: 'undo' },
        ]);
        const ids = async (filter: Parameters<typeof listRunHeaders>[1]) =>
          (await listRunHeaders(store.db, filter)).map((each) => each.id);
        expect(await ids({})).toEqual(['r3', 'r2', 'r1']);
        expect(await ids({ export: exportId })).toEqual(['r2', 'r1']);
        expect(await ids({ limit: 1 })).toEqual(['r3']);
      });
    });

    describe('export states', () => {
      const id = 'paused-export' as ExportId;
      const first = { at: now, by: 'ana', reason: 'undo of r1' };

      it('keeps the first pause until it is resumed', async () => {
        await pauseExport(store.db, id, first);
        await pauseExport(store.db, id, { at: later, by: 'ben', reason: 'me too' });
        expect((await listPauses(store.db)).get(id)).toEqual(first);
        expect(await resumeExport(store.db, id)).toBe(true);
        expect(await resumeExport(store.db, id)).toBe(false);
        expect((await listPauses(store.db)).get(id)).toBeUndefined();
      });

      it('can be paused again, and lists what is paused now', async () => {
        await pauseExport(store.db, id, { ...first, by: 'ben' });
        expect(await listPauses(store.db)).toEqual(new Map([[id, { ...first, by: 'ben' }]]));
      });
    });

    describe('audit', () => {
      it('reads back newest first, by subject and in pages', async () => {
        for (const action of ['export.pause', 'export.resume', 'run.release']) {
          const subject = action.startsWith('run') ? 'run:r1' : 'export:newsletter';
          await recordAudit(store.db, { at: now, who: 'ana', action, subject, detail: { reason: 'x' } });
        }
        const { items: all } = await listAudit(store.db, { limit: 10 });
        expect(all.map((entry) => entry.action)).toEqual(['run.release', 'export.resume', 'export.pause']);
        expect(all[0]).toEqual({
          id: expect.any(Number) as number,
          at: now,
          who: 'ana',
          action: 'run.release',
          subject: 'run:r1',
          detail: { reason: 'x' },
        });
        const first = await listAudit(store.db, { limit: 2 });
        expect(first.items).toEqual(all.slice(0, 2));
        expect(await listAudit(store.db, { limit: 2, cursor: first.next })).toEqual({ items: all.slice(2) });
      });

      it.each([
        [{ subject: 'run:r1' }, 1],
        [{ action: 'export' }, 2],
        [{ action: 'export.pause' }, 1],
        [{ action: 'exp' }, 0],
        [{ action: 'export.%' }, 0],
        [{ who: 'ana' }, 3],
        [{ who: 'ion' }, 0],
        [{ since: now }, 3],
        [{ until: now }, 0],
      ])('finds entries by %o: %i', async (filter, found) => {
        expect((await listAudit(store.db, { limit: 10, ...filter })).items).toHaveLength(found);
      });
    });

    describe('carried to another store', () => {
      const linesOf = async (db: Store['db']) => {
        const lines: StoreLine[] = [];
        await readStoreLines(db, async (some) => void lines.push(...some));
        return lines;
      };

      it('is the same, row by row, with the numbers of the audit and the order of keys', async () => {
        const lines = await linesOf(store.db);
        expect(new Set(lines.map(({ table }) => table))).toEqual(
          new Set(['audit', 'export_state', 'run', 'workspace_item']),
        );
        const other = await open();
        await putStoreLines(other.db, lines);
        expect(JSON.stringify(await linesOf(other.db))).toBe(JSON.stringify(lines));
        await settleRestored(other.db, later);
        await recordAudit(other.db, { at: later, who: 'ana', action: 'a', subject: 's', detail: {} });
        const [last] = (await listAudit(other.db, { limit: 1 })).items;
        expect(last?.subject).toBe('s');
        await other.close();
      });

      it('is whole also where a table has more rows than are read at once', async () => {
        const other = await open();
        await sql`
          insert into audit (at, who, action, subject, detail)
          select now(), 'ana', 'a', n::text, '{}' from generate_series(1, 1201) as n
        `.execute(other.db);
        await sql`delete from audit where subject::int % 7 = 0`.execute(other.db);
        const subjects = (await linesOf(other.db)).map(({ row }) =>
          Number((row as { subject: string }).subject),
        );
        expect(subjects).toEqual(Array.from({ length: 1201 }, (_, n) => n + 1).filter((n) => n % 7 !== 0));
        await other.close();
      });

      it('goes only into a store that is empty', async () => {
        await expect(refuseFilledStore(store.db)).rejects.toMatchObject({ code: 'database_not_empty' });
        const other = await open();
        await refuseFilledStore(other.db);
        await other.close();
      });
    });
  });
}
