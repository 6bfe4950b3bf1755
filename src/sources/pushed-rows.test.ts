import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { keepRows, preparePushed, type RowBatch } from './pushed-rows.ts';
import { uploadFolder } from './uploads.ts';

const shape = { columns: ['id', 'email'], key: ['id'] };
const six = new Date('2026-11-30T06:00:00.000Z');

describe('a batch of rows', () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'postrider-uploads-'));
    preparePushed(data, 'crm', shape.columns);
  });
  afterEach(() => rmSync(data, { recursive: true }));

  const folder = (kind: string) => join(uploadFolder(data, 'crm'), kind);
  const kept = (kind: string) =>
    readdirSync(folder(kind))
      .filter((name) => name.endsWith('.csv'))
      .toSorted();
  const texts = (kind: string) => kept(kind).map((name) => readFileSync(join(folder(kind), name), 'utf8'));
  const keep = (batchKey: string, batch: Partial<RowBatch>, now = six) =>
    keepRows(data, 'crm', shape, { upsert: [], delete: [], ...batch }, { batchKey, now }).known;

  it('is written anew where a crash left half a file of it', () => {
    const batch = { upsert: [{ id: '1', email: 'ana@acme.test' }] };
    keep('a', batch);
    const [name = ''] = kept('changes');
    rmSync(join(folder('changes'), name));
    writeFileSync(join(folder('changes'), `${name}.part`), 'id,em');
    expect(keep('a', batch)).toBe(false);
    expect(texts('changes')).toEqual(['id,email\n1,ana@acme.test\n']);
    expect(keep('a', batch)).toBe(true);
  });

  it('whose second file could not be written is completed when it is sent again, at its own time', () => {
    const batch = { upsert: [{ id: '1', email: 'ana@acme.test' }], delete: [{ id: '2' }] };
    keep('a', batch);
    rmSync(join(folder('deletions'), kept('deletions')[0] ?? ''));

    expect(keep('a', batch, new Date('2026-11-30T07:00:00Z'))).toBe(false);
    expect(texts('deletions')).toEqual(['id\n2\n']);
    expect(kept('deletions')).toEqual(kept('changes'));
    expect(keep('a', batch)).toBe(true);
  });

  it('comes after those before it, also at the same moment and on a clock that went back', () => {
    keep('a', { upsert: [{ id: '1', email: 'first@acme.test' }] });
    keep('b', { delete: [{ id: '1' }] });
    keep('c', { upsert: [{ id: '1', email: 'second@acme.test' }] }, new Date('2026-11-30T05:00:00Z'));
    expect(kept('changes').map((name) => name.split('.')[0])).toEqual([
      '2026-11-30T060000000Z',
      '2026-11-30T060000002Z',
    ]);
    expect(kept('deletions').map((name) => name.split('.')[0])).toEqual(['2026-11-30T060000001Z']);
  });
});
