import { readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { dirname } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { origin, TestServer, type Client } from './test-support/test-server.ts';

let test: TestServer;
let administrator: Client;
let program: Client;

beforeAll(async () => {
  test = await TestServer.open();
  administrator = await test.owner();
  program = await test.token(administrator, ['data.push']);
}, 60_000);
afterAll(() => test.close());

const columns = ['id', 'email', 'city'];
const isNew = { headers: { 'if-none-match': '*' } };
const push = (key: string, batch: object) =>
  program.post('/api/v1/sources/crm/rows', batch, { headers: { 'idempotency-key': key } });

async function rows(): Promise<string> {
  await test.app.refresh({ until: 'sources', signal: new AbortController().signal });
  const engine = await administrator.get<{
    load: { rows: number };
    columns: { name: string; samples: string[] }[];
  }>('/api/v1/sources/crm/columns');
  const { load, columns: found } = engine.body;
  const emails = found.find(({ name }) => name === 'email')?.samples ?? [];
  return `${load.rows}: ${emails.toSorted().join(' ')}`;
}

describe('rows that a program sends', () => {
  it('need a source that is made for it', async () => {
    const none = await push('k', { upsert: [{ id: '1' }] });
    expect(none.status).toBe(404);
    const made = await administrator.put('/api/v1/sources/crm/pushed', { columns, key: ['id'] }, isNew);
    expect(made.status, made.text).toBe(200);
    const again = await administrator.put('/api/v1/sources/crm/pushed', { columns, key: ['id'] }, isNew);
    expect(again.status).toBe(409);
    expect(await rows()).toBe('0: ');
  });

  it('take the place of those with their keys', async () => {
    const first = await push('1', {
      upsert: [
        { id: '1', email: 'ana@shop.test', city: 'Arad' },
        { id: 2, email: 'ion@shop.test', city: null },
      ],
    });
    expect(first.status).toBe(202);
    expect(first.body).toEqual({ upserted: 2, deleted: 0, known: false });
    expect(await rows()).toBe('2: ana@shop.test ion@shop.test');
    await push('2', { upsert: [{ id: '2', email: 'ion.nou@shop.test' }], delete: [{ id: '1' }] });
    expect(await rows()).toBe('1: ion.nou@shop.test');
  });

  it('count once, however often a batch is sent', async () => {
    await push('3', { delete: [{ id: '2' }] });
    const again = await push('1', {
      upsert: [
        { id: '1', email: 'ana@shop.test', city: 'Arad' },
        { id: 2, email: 'ion@shop.test', city: null },
      ],
    });
    expect(again.body).toEqual({ upserted: 2, deleted: 0, known: true });
    expect(await rows()).toBe('0: ');
    const other = await push('1', { upsert: [{ id: '9' }] });
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ code: 'idempotency_reused' });
  });

  it.each([
    [{ upsert: [{ id: '1', phone: '1' }] }, 'row_column', 'upsert[0]'],
    [{ upsert: [{ id: '1' }, { email: 'a@b.test' }] }, 'row_key', 'upsert[1]'],
    [{ delete: [{ id: '1', city: 'x' }] }, 'row_column', 'delete[0]'],
    [{ upsert: [{ id: '1' }], delete: [{ id: '1' }] }, 'row_twice', 'delete[0]'],
  ])('are refused whole where one does not fit, with its place: %j', async (batch, code, place) => {
    const { status, body } = await push(`bad ${code}`.replaceAll(' ', '-'), batch);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code, detail: expect.stringContaining(place) as string });
    expect(await rows()).toBe('0: ');
  });

  it('are refused without a key for the batch, and in batches too large', async () => {
    expect((await program.post('/api/v1/sources/crm/rows', { upsert: [{ id: '1' }] })).status).toBe(400);
    const many = Array.from({ length: 10_001 }, (_, n) => ({ id: String(n) }));
    expect((await push('many', { upsert: many })).status).toBe(400);
    expect((await push('none', {})).status).toBe(400);
  });

  it('come from whoever may send them, and from nobody else', async () => {
    expect((await program.get('/api/v1/sources/crm/columns')).status).toBe(403);
    const other = await test.token(administrator, ['look']);
    const refused = await other.post('/api/v1/sources/crm/rows', { upsert: [{ id: '1' }] });
    expect(refused.status).toBe(403);
  });
});

describe('files by upload', () => {
  it('take their place whole: one that is cut off leaves the one before', async () => {
    const put = (content: string) =>
      administrator.put<{ path: string }>('/api/v1/sources/shop/files/a.csv', content, {
        headers: { 'content-type': 'application/octet-stream' },
      });
    const { body, status } = await put('id,email\n1,a@shop.test\n');
    expect(status).toBe(201);
    await administrator.put('/api/v1/sources/shop', { type: 'csv', path: body.path, key: 'id' }, isNew);
    await test.app.refresh({ until: 'sources', signal: new AbortController().signal });
    const { body: loads } = await administrator.get('/api/v1/loads');
    expect(loads).toMatchObject({ items: [{ source: 'crm' }, { source: 'shop', rows: 1 }] });

    const unfinished = () => readdirSync(dirname(body.path)).filter((name) => name.endsWith('.part'));
    const cutOff = request(await test.listen(), {
      method: 'PUT',
      path: '/api/v1/sources/shop/files/a.csv',
      headers: {
        host: new URL(origin).host,
        origin,
        cookie: administrator.cookie,
        'content-type': 'application/octet-stream',
      },
    });
    cutOff.on('error', () => undefined).write('id,email\n2,');
    await vi.waitFor(() => expect(unfinished()).toHaveLength(1), 10_000);
    cutOff.destroy();
    await vi.waitFor(() => expect(unfinished()).toEqual([]), 10_000);
    expect(readFileSync(body.path, 'utf8')).toBe('id,email\n1,a@shop.test\n');
  });
});
