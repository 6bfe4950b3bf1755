import { createSecretKey } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import { secretKeyOf } from '../connections/seal.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { listAudit } from '../store/audit.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { applyWorkspace } from './apply-workspace.ts';
import { checkAtSave } from './check-at-save.ts';
import { storeItem } from './edit-item.ts';
import { loadSettings } from './load-settings.ts';
import { parseWorkspace } from './parse-workspace.ts';
import { addSegment, changeSegment, removeSegment } from './stored-segments.ts';

let store: Store;
let engine: Engine;
const key = secretKeyOf(createSecretKey(Buffer.alloc(32, 1)));
const doing = { by: 'ana', now: new Date('2026-11-24T06:00:00.000Z') };
const vip = 'vip' as SegmentId;
const all = 'rules: { combinator: and, rules: [] }';
const speaking = 'rules: { combinator: and, rules: [{ field: segment, operator: in, value: [vip] }] }';
const free = `  free: { ${all} }\n`;
const vips = `  vip: { name: VIP, ${all} }\n`;
const whole = `version: 1
unify: { sources: [{ source: crm, attributes: { email: mail } }] }
sources:
  crm: { type: csv, path: crm.csv, key: id }
connections:
  account: { type: mailchimp, apiKey: 'secret-key-us1', consent: { agreedBy: ana, date: '2026-11-24', text: v1 } }
exports:
  news: { connection: account, audience: abc, match: { email: email }, segments: [idle], exclude: [idea] }
segments:
  idle: { ${all}, state: inactive }
  idea: { ${all}, state: draft }
  best: { ${speaking} }
${vips}${free}`;

beforeAll(async () => {
  store = await openStore({ memory: true });
  engine = await openDuckdb({ path: ':memory:' });
});
afterAll(async () => {
  await engine.close();
  await store.close();
});
beforeEach(async () => {
  await store.db.deleteFrom('workspace_item').execute();
  await applyWorkspace(store.db, key, parseWorkspace(whole, 'w.yaml', {}), { folder: '/srv/shop', ...doing });
});

const segments = async () => (await loadSettings(store.db)).segments;
const remove = async (id: string, force = false) =>
  removeSegment(store.db, id as SegmentId, { settings: await loadSettings(store.db), force, ...doing });

it('changes what is stored of a segment, and notes who did', async () => {
  expect(await changeSegment(store.db, vip, { type: 'static' }, doing)).toBe(true);
  expect((await segments()).get(vip)).toMatchObject({ name: 'VIP', type: 'static' });
  expect((await listAudit(store.db, { limit: 100 })).items[0]).toMatchObject({
    action: 'segment.change',
    subject: 'segment:vip',
    who: 'ana',
  });
  expect(await changeSegment(store.db, vip, { type: 'static' }, doing)).toBe(false);
  expect(await changeSegment(store.db, 'nobody' as SegmentId, { type: 'static' }, doing)).toBe(false);
});

it.each([
  [{ tags: ['a', 'a'] }, 'segment_invalid', 'segments.vip.tags'],
  [{ name: '' }, 'segment_invalid', 'segments.vip.name'],
])('refuses to store what no file may say: %j', async (change, code, place) => {
  await expect(changeSegment(store.db, vip, change, doing)).rejects.toMatchObject({
    code,
    message: expect.stringContaining(place) as string,
  });
  expect((await segments()).get(vip)).toMatchObject({ name: 'VIP' });
});

it('adds a segment behind the others, under an id that was never used', async () => {
  const rules = { combinator: 'and', rules: [] };
  await addSegment(store.db, 'fresh', { rules }, doing);
  expect([...(await segments()).keys()].at(-1)).toBe('fresh');
  expect((await listAudit(store.db, { limit: 100 })).items[0]).toMatchObject({
    action: 'segment.create',
    subject: 'segment:fresh',
  });
  await expect(addSegment(store.db, 'fresh', { rules }, doing)).rejects.toMatchObject({
    code: 'segment_exists',
  });
  await remove('fresh');
  await expect(addSegment(store.db, 'fresh', { rules }, doing)).rejects.toMatchObject({
    code: 'segment_exists',
  });
  const place = { kind: 'segment', id: 'fresh' } as const;
  await expect(storeItem(store.db, place, { rules }, { ...doing, action: 'segment.save' })).rejects.toEqual(
    expect.objectContaining({ code: 'segment_exists' }),
  );
  await expect(addSegment(store.db, '1st', { rules }, doing)).rejects.toMatchObject({
    code: 'bad_id',
  });
  await expect(addSegment(store.db, 'empty', {}, doing)).rejects.toMatchObject({ code: 'segment_invalid' });
});

describe('a segment that is in use', () => {
  it('is removed only by force', async () => {
    await expect(remove('vip')).rejects.toMatchObject({
      code: 'segment_in_use',
      message: 'The segment "vip" is in use: segment best.',
    });
    await expect(remove('idea')).rejects.toMatchObject({ message: expect.stringContaining('export news') });
    expect((await segments()).has(vip)).toBe(true);
    await remove('vip', true);
    await remove('free');
    expect([...(await segments()).keys()]).toEqual(['idle', 'idea', 'best']);
  });

  const save = (text: string, options: { prune: boolean; force?: boolean }) =>
    checkAtSave(engine, store.db, key, parseWorkspace(text, 'w.yaml', {}), {
      force: false,
      offline: true,
      env: {},
      open: () => Promise.reject(new Error('nobody is asked')),
      ...options,
    });

  it('is not pruned, unless by force', async () => {
    const without = whole.replace(vips, '');
    await expect(save(without, { prune: true })).rejects.toMatchObject({ code: 'segment_in_use' });
    await expect(save(without, { prune: true, force: true })).resolves.toBeDefined();
    await expect(save(without, { prune: false })).resolves.toBeDefined();
    await expect(save(whole.replace(free, ''), { prune: true })).resolves.toBeDefined();
  });

  it('by an export is named when it is not computed', async () => {
    expect(await save(whole, { prune: false })).toEqual([
      'exports.news: The segment idle is inactive: it was never computed.',
      'exports.news: The segment idea is a draft: no plan can be made with it.',
    ]);
  });
});
