import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { secretKeyOf } from '../connections/seal.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { listItems } from '../store/workspace-items.ts';
import { applyWorkspace, type WorkspaceChange } from './apply-workspace.ts';
import { dumpWorkspace } from './dump-workspace.ts';
import { parseWorkspace } from './parse-workspace.ts';
import { workspaceFile, type WorkspaceFile } from './workspace-file.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ memory: true });
});
afterAll(() => store.close());
beforeEach(() => clear());

async function clear(): Promise<void> {
  await store.db.deleteFrom('workspace_item').execute();
  await store.db.deleteFrom('connection_secret').execute();
}

const key = secretKeyOf(createSecretKey(Buffer.alloc(32, 1)));
const apply = (file: WorkspaceFile): Promise<WorkspaceChange[]> =>
  applyWorkspace(store.db, key, file, {
    folder: '/srv/shop',
    by: 'ana',
    now: new Date('2026-11-24T06:00:00.000Z'),
  });
/** What applying the dump would change. A variable that the dump names is not there. */
const changesOfDump = async () => apply(parseWorkspace(await dumpWorkspace(store.db), 'dump', {}));

const consent = { agreedBy: 'ana', date: '2026-11-24', text: 'v1' };
const everybody = { combinator: 'and', rules: [] };

/** Text that YAML, or our own `${…}`, could take for something else. */
const trickyText = fc.oneof(
  fc.constantFrom(
    'no',
    'null',
    '~',
    'true',
    '12',
    '1e3',
    '0x1f',
    '2026-11-24',
    '- a',
    'a: b',
    'a #b',
    '#b',
    '*a',
    '&a',
    '!a',
    '%a',
    '@a',
    '`a`',
    '{a}',
    '[a]',
    "it's",
    '"a"',
    'a\nb',
    'a\n\n b\t',
    '\\n',
    '---',
    '…',
    '😀',
    '\u0085',
    '\u2028',
    'word '.repeat(60).trim(),
  ),
  fc
    .string({ unit: 'binary', minLength: 1, maxLength: 30 })
    .filter((text) => text.isWellFormed() && !text.includes('\0')),
);
const environmentLike = fc.constantFrom(
  '${HOME}',
  '$${HOME}',
  '$$${HOME}',
  'a${X}b${Y}',
  '${',
  '$${',
  '${ not }',
  '$',
);

const id = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,8}$/);
const workspaceWith = (text: fc.Arbitrary<string>): fc.Arbitrary<WorkspaceFile> => {
  const value = fc.oneof(
    text,
    fc.integer(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
    fc.boolean(),
  );
  const rule = fc.record({ field: text, operator: fc.constant('='), value });
  return fc
    .record({
      segments: fc.dictionary(
        id,
        fc.record(
          {
            name: text.map((each) => each.slice(0, 90)).filter((each) => each.trim() === each && each !== ''),
            description: text,
            rules: fc.record({
              combinator: fc.constantFrom('and', 'or'),
              rules: fc.array(rule, { maxLength: 3 }),
            }),
          },
          { requiredKeys: ['rules'] },
        ),
        { minKeys: 1, maxKeys: 4 },
      ),
      sources: fc.dictionary(id, fc.record({ type: fc.constant('csv'), path: text, key: text }), {
        maxKeys: 3,
      }),
      doNotSend: fc.option(text, { nil: undefined }),
      name: text.map((each) => each.slice(0, 90)).filter((each) => each.trim() !== ''),
    })
    .map(({ name, ...parts }) =>
      workspaceFile.parse({
        version: 1,
        ...parts,
        connections: {
          account: { type: 'mailchimp', apiKey: 'secret', consent: { ...consent, text: 'v1' } },
        },
        unify: {
          sources: [{ source: Object.keys(parts.sources)[0] ?? 'crm', attributes: { email: 'mail' } }],
        },
        exports: {
          news: {
            name,
            connection: 'account',
            audience: 'abc',
            match: { email: 'email' },
            segments: [Object.keys(parts.segments)[0]],
          },
        },
      }),
    );
};

describe('dumpWorkspace', () => {
  it.each([
    ['of any text', trickyText],
    ['that looks like our own variables', environmentLike],
  ])('writes a file %s that changes nothing when it is applied', async (_, text) => {
    await fc.assert(
      fc.asyncProperty(workspaceWith(text), async (file) => {
        await clear();
        // A source for unify, so that the file holds together.
        const sources =
          Object.keys(file.sources).length > 0
            ? file.sources
            : { crm: { type: 'csv' as const, path: 'x', key: 'id' } };
        await apply({ ...file, sources });
        expect(await changesOfDump()).toEqual([]);
      }),
      { numRuns: 40 },
    );
  });

  it.each(['sample/workspace.yaml', 'examples/adventureworks/workspace.yaml'])(
    'writes %s again as it was read',
    async (file) => {
      const text = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
      const first = parseWorkspace(text, file, { MAILCHIMP_API_KEY: 'secret-key-us1' });
      await apply(first);
      const dump = await dumpWorkspace(store.db);
      expect(dump).not.toContain('secret-key');
      expect(await changesOfDump()).toEqual([]);
      const again = parseWorkspace(dump, 'dump', {});
      for (const connection of Object.values(first.connections)) delete connection.apiKey;
      expect(again).toEqual(first);
      for (const section of ['sources', 'segments', 'exports'] as const) {
        expect(Object.keys(again[section])).toEqual(Object.keys(first[section]));
      }
    },
  );

  it('changes nothing when it is applied, also where items were kept that no file holds', async () => {
    const segments = (...ids: string[]) =>
      workspaceFile.parse({
        version: 1,
        segments: Object.fromEntries(ids.map((each) => [each, { rules: everybody }])),
      });
    await apply(segments('a', 'b'));
    await apply(segments('c'));
    expect(await changesOfDump()).toEqual([]);
  });

  it('of an empty store is a file too', async () => {
    expect(await dumpWorkspace(store.db)).toContain('version: 1');
    expect(await changesOfDump()).toEqual([]);
    expect((await listItems(store.db)).map(({ id }) => id)).toEqual(['folder']);
  });
});
