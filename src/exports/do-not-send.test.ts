import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PostriderError } from '../base/errors.ts';
import type { ExportId, RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { buildPlan } from './build-plan.ts';
import { takeInDoNotSend } from './do-not-send.ts';
import {
  audience,
  exportId,
  openPeopleTables,
  putLedger,
  putMembers,
  putProfiles,
} from './test-support/people-tables.ts';

const digest = (algorithm: 'md5' | 'sha256', text: string) =>
  createHash(algorithm).update(text).digest('hex');

let engine: Engine;
let folder: string;
beforeEach(async () => {
  engine = await openPeopleTables();
  folder = mkdtempSync(join(tmpdir(), 'postrider-list-'));
});
afterEach(async () => {
  await engine.close();
  rmSync(folder, { recursive: true, force: true });
});

function write(text: string | Uint8Array): string {
  const file = join(folder, 'do-not-send.txt');
  writeFileSync(file, text);
  return file;
}

async function kept(): Promise<string[]> {
  const rows = await engine.rows<{ digest: string }>(
    sql`SELECT digest FROM export.do_not_send ORDER BY digest`,
  );
  return rows.map((row) => row.digest);
}

const ana = digest('sha256', 'ana@acme.test');
const ion = digest('sha256', 'ion@acme.test');

describe('takeInDoNotSend', () => {
  it.each<[string, string, string[]]>([
    ['an address', 'ana@acme.test\n', [ana]],
    ['no line end at the end', 'ana@acme.test', [ana]],
    ['upper case and blanks around', ' \tANA@Acme.test \n', [ana]],
    ['a no-break space around', '\u00a0ana@acme.test\u00a0\n', [ana]],
    ['a SHA-256', `${ana}\n`, [ana]],
    ['a SHA-256 in upper case', `${ana.toUpperCase()}\n`, [ana]],
    ['an MD5', digest('md5', 'ana@acme.test'), [digest('md5', 'ana@acme.test')]],
    ['comments and blank lines', '# people\n\n   \n  # more\nana@acme.test\n', [ana]],
    ['a byte order mark', '\uFEFFana@acme.test\nion@acme.test\n', [ana, ion]],
    ['a byte order mark before a comment', '\uFEFF# people\nana@acme.test\n', [ana]],
    ['CR LF', 'ana@acme.test\r\nion@acme.test\r\n', [ana, ion]],
    ['the same twice', 'ana@acme.test\nANA@acme.test\n' + ana, [ana]],
    ['letters beyond ASCII', 'ană@acme.test\n', [digest('sha256', 'ană@acme.test')]],
    ['nothing', '', []],
  ])('reads %s', async (_, text, expected) => {
    expect(await takeInDoNotSend(engine, write(text))).toBe(expected.length);
    expect(await kept()).toEqual(expected.toSorted());
  });

  it('keeps no address', async () => {
    await takeInDoNotSend(engine, write('ana@acme.test\n'));
    expect(JSON.stringify(await engine.rows(sql`SELECT * FROM export.do_not_send`))).not.toContain('@');
  });

  it('takes the place of the list before, and of all of it when there is none any more', async () => {
    await takeInDoNotSend(engine, write('ana@acme.test\n'));
    await takeInDoNotSend(engine, write('ion@acme.test\n'));
    expect(await kept()).toEqual([ion]);
    expect(await takeInDoNotSend(engine, undefined)).toBe(0);
    expect(await kept()).toEqual([]);
  });

  it('takes a list that is longer than one page', async () => {
    const lines = Array.from({ length: 25_000 }, (_, index) => `p${index}@acme.test`);
    expect(await takeInDoNotSend(engine, write(lines.join('\n')))).toBe(25_000);
    expect(await kept()).toHaveLength(25_000);
  });

  it.each([
    ['a name', 'Ana Pop'],
    ['a phone number', '+40 722 123 456'],
    ['an address with a name', 'Ana <ana@acme.test>'],
    ['two addresses', 'ana@acme.test, ion@acme.test'],
    ['a SHA-1', createHash('sha1').update('ana@acme.test').digest('hex')],
    ['a digest that lost a digit', ana.slice(1)],
  ])('refuses %s by its line, without repeating it, and leaves the list before', async (_, bad) => {
    await takeInDoNotSend(engine, write('ion@acme.test\n'));
    const error = await failureOf(takeInDoNotSend(engine, write(`# head\r\nana@acme.test\r\n${bad}\r\n`)));
    expect(error).toMatchObject({ kind: 'input', code: 'do_not_send_entry' });
    expect(error.message).toContain('Line 3 of ');
    expect(JSON.stringify(error)).not.toContain(bad);
    expect(await kept()).toEqual([ion]);
  });

  it('does not take a missing file, or a folder, for an empty list', async () => {
    await takeInDoNotSend(engine, write('ion@acme.test\n'));
    for (const file of [join(folder, 'other.txt'), folder]) {
      const error = await failureOf(takeInDoNotSend(engine, file));
      expect(error).toMatchObject({ kind: 'input', code: 'do_not_send_missing' });
      expect(error.message).toContain(file);
    }
    expect(await kept()).toEqual([ion]);
  });

  it('does not take a file in UTF-16 for one without addresses', async () => {
    const utf16 = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from('ana@acme.test\n', 'utf16le')]);
    expect(await failureOf(takeInDoNotSend(engine, write(utf16)))).toMatchObject({
      code: 'do_not_send_entry',
    });
  });
});

describe('a person on the list', () => {
  it.each(['ana@acme.test', digest('md5', 'ana@acme.test'), ana])(
    'is nobody that a plan wants: %s',
    async (entry) => {
      await takeInDoNotSend(engine, write(entry));
      await putProfiles(engine, [
        { id: 'c1', email: ' Ana@ACME.test', segments: ['everyone'] },
        { id: 'c2', email: 'ion@acme.test', segments: ['everyone'] },
        { id: 'c3', email: null, segments: ['everyone'] },
      ]);
      expect(await plan()).toMatchObject({ desired: 2, add: 1, rejected: { no_address: 1 }, leave: 0 });
    },
  );

  it('leaves when they were exported before', async () => {
    await takeInDoNotSend(engine, write('ana@acme.test'));
    await putProfiles(engine, [{ id: 'c1', email: 'ana@acme.test', segments: ['everyone'] }]);
    await putMembers(engine, [{ address: 'ana@acme.test', status: 'subscribed', tags: ['everyone'] }]);
    await putLedger(engine, [{ address: 'ana@acme.test', customer: 'c1', segments: ['everyone'] }]);
    expect(await plan()).toMatchObject({ desired: 0, add: 0, update: 0, leave: 1 });
  });
});

async function plan() {
  const result = await buildPlan(engine, {
    run: 'r2' as RunId,
    export: exportId as ExportId,
    audience,
    config: { segments: ['everyone'], exclude: [], leavers: 'untag', newContacts: 'subscribed' },
    email: { name: 'email', type: 'text' },
    fields: [],
    tags: [],
  });
  return result.people;
}

async function failureOf(call: Promise<unknown>): Promise<PostriderError> {
  return call.then(
    () => {
      throw new Error('it was let through');
    },
    (error: unknown) => error as PostriderError,
  );
}
