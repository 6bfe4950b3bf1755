import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sql } from '../engine/sql.ts';
import { dropCheckpoint, keepCheckpoint, openPeople } from './people-checkpoint.ts';
import { restoredNotes } from './restored-notes.ts';

const now = new Date('2026-11-30T06:00:00Z');
const later = (hours: number) => new Date(now.getTime() + hours * 60 * 60_000);

describe('the copy of the people file', () => {
  let place: { dataFolder: string; engineMemory: string; checkpointHours: number };
  const copy = () => join(place.dataFolder, 'people.checkpoint.duckdb');
  beforeEach(() => {
    const dataFolder = mkdtempSync(join(tmpdir(), 'postrider-checkpoint-'));
    place = { dataFolder, engineMemory: '100MB', checkpointHours: 24 };
  });
  afterEach(() => rmSync(place.dataFolder, { recursive: true }));

  /** A people file with so many rows; its copy, if one is wanted, has those of the moment it was made. */
  async function withRows(rows: number, copied: boolean): Promise<void> {
    const engine = await openPeople(place, now);
    await engine.commit([sql`CREATE OR REPLACE TABLE t AS SELECT range AS n FROM range(${rows})`]);
    if (copied) await keepCheckpoint(engine, place, now);
    await engine.close();
  }
  const breakIt = () =>
    writeFileSync(join(place.dataFolder, 'people.duckdb'), 'no such file of ours'.repeat(5_000));

  it('is made once it is too old, and not before', async () => {
    const engine = await openPeople(place, now);
    expect(await keepCheckpoint(engine, place, now)).toBe(true);
    utimesSync(copy(), now, now);
    expect(await keepCheckpoint(engine, place, later(23))).toBe(false);
    expect(await keepCheckpoint(engine, place, later(25))).toBe(true);
    expect(await keepCheckpoint(engine, { ...place, checkpointHours: 0 }, later(25))).toBe(false);
    expect(existsSync(copy())).toBe(false);
    await engine.close();
  });

  it('takes the place of a file that cannot be read, which stays to be looked at', async () => {
    await withRows(3, true);
    utimesSync(copy(), now, now);
    await withRows(5, false);
    breakIt();
    const engine = await openPeople(place, later(2));
    expect(await engine.rows(sql`SELECT count(*) AS n FROM t`)).toEqual([{ n: 3 }]);
    await engine.close();
    expect(
      readdirSync(place.dataFolder).some((name) => name.startsWith('people.duckdb.broken-2026-11-30')),
    ).toBe(true);
    // Until what has to follow is done, however often it is opened.
    const again = await openPeople(place, later(3));
    await again.close();
    expect(restoredNotes(place.dataFolder)).toMatchObject([
      { reason: expect.stringContaining(now.toISOString()) as string },
    ]);
  });

  it('where there is none, nothing is put aside, and the error says what to do', async () => {
    await withRows(3, false);
    breakIt();
    await expect(openPeople(place, now)).rejects.toMatchObject({ code: 'people_file_unreadable' });
    expect(readdirSync(place.dataFolder)).toContain('people.duckdb');
  });

  it('does not take the place of a good file that only cannot be opened now', async () => {
    await withRows(3, true);
    await withRows(5, false);
    const file = join(place.dataFolder, 'people.duckdb');
    const before = readFileSync(file);
    const open = openPeople({ ...place, engineMemory: 'no size' }, later(2));
    await expect(open).rejects.toMatchObject({ code: 'people_file_unopened' });
    expect(readFileSync(file).equals(before)).toBe(true);
    expect(readdirSync(place.dataFolder).filter((name) => name.includes('broken'))).toEqual([]);
  });

  it('leaves the damaged file where it is when there is no room for the copy', async () => {
    await withRows(3, true);
    breakIt();
    // A folder in the place of the copy's copy stands for the disk that is full.
    mkdirSync(join(place.dataFolder, 'people.duckdb.new', 'x'), { recursive: true });
    await expect(openPeople(place, now)).rejects.toThrow();
    expect(readFileSync(join(place.dataFolder, 'people.duckdb'), 'utf8')).toContain('no such file');
  });

  it('goes when somebody is erased, an unfinished one too', async () => {
    await withRows(3, true);
    writeFileSync(`${copy()}.new`, 'x');
    dropCheckpoint(place);
    expect(readdirSync(place.dataFolder).filter((name) => name.includes('checkpoint'))).toEqual([]);
  });
});
