import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PostriderError } from '../base/errors.ts';
import type { SegmentId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { ensureExportTables } from './export-tables.ts';
import { forgetOwnTag, inOrderOfNames, noteOwnTag, ownTags, planTags, type OwnTag } from './own-tags.ts';
import type { PlannedTag } from './plan.ts';

const buyers = 'buyers' as SegmentId;
const lapsed = 'lapsed' as SegmentId;
const made = (segment: SegmentId, tagId: number | null, name: string): OwnTag => ({
  segment,
  tagId,
  name,
  origin: 'made',
});
const adopted = (segment: SegmentId, tagId: number, name: string): OwnTag => ({
  ...made(segment, tagId, name),
  origin: 'adopted',
});

interface Case {
  of: string;
  name?: string;
  own?: OwnTag[];
  present?: { id: number; name: string }[];
  adopt?: string[];
  planned: Partial<PlannedTag>;
}

describe('planTags', () => {
  it.each<Case>([
    { of: 'a new segment', planned: { name: 'Buyers', heldAs: 'Buyers', origin: 'made' } },
    {
      of: 'a tag of ours',
      own: [made(buyers, 7, 'Buyers')],
      present: [{ id: 7, name: 'Buyers' }],
      planned: { name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' },
    },
    {
      of: 'a renamed segment: its tag is renamed',
      name: 'Customers',
      own: [made(buyers, 7, 'Buyers')],
      present: [{ id: 7, name: 'Buyers' }],
      planned: { name: 'Customers', heldAs: 'Buyers', tagId: 7, origin: 'made' },
    },
    {
      of: 'a segment whose name changed in its case alone: likewise',
      name: 'BUYERS',
      own: [made(buyers, 7, 'Buyers')],
      present: [{ id: 7, name: 'Buyers' }],
      planned: { name: 'BUYERS', heldAs: 'Buyers', tagId: 7, origin: 'made' },
    },
    {
      of: 'a tag of ours that somebody renamed in Mailchimp: it gets its name back',
      own: [made(buyers, 7, 'Buyers')],
      present: [{ id: 7, name: 'Old customers' }],
      planned: { name: 'Buyers', heldAs: 'Old customers', tagId: 7, origin: 'made' },
    },
    {
      // Mailchimp changes the case of tags (FACTS §6): renaming them back would be a write in every run.
      of: 'a tag of ours whose case Mailchimp changed: it stays so',
      own: [made(buyers, 7, 'buyers')],
      name: 'buyers',
      present: [{ id: 7, name: 'Buyers' }],
      planned: { name: 'Buyers', heldAs: 'Buyers', tagId: 7, origin: 'made' },
    },
    {
      of: 'a tag of ours that was deleted by hand: it is made again',
      own: [made(buyers, 7, 'Buyers')],
      present: [{ id: 8, name: 'Other' }],
      planned: { name: 'Buyers', heldAs: 'Buyers', origin: 'made' },
    },
    {
      of: 'a tag that we were about to make when we died, and did',
      own: [made(buyers, null, 'Buyers')],
      present: [{ id: 9, name: 'buyers' }],
      planned: { name: 'Buyers', heldAs: 'buyers', tagId: 9, origin: 'made' },
    },
    {
      of: 'a tag that we were about to make when we died, and did not',
      own: [made(buyers, null, 'Buyers')],
      planned: { name: 'Buyers', heldAs: 'Buyers', origin: 'made' },
    },
    {
      of: "somebody's tag that the export adopts, in any case",
      adopt: ['BUYERS'],
      present: [{ id: 5, name: 'buyers' }],
      planned: { name: 'buyers', heldAs: 'buyers', tagId: 5, origin: 'adopted' },
    },
    {
      of: 'an adopted tag after its segment was renamed: it keeps the name its owner gave it',
      name: 'Customers',
      own: [adopted(buyers, 5, 'Buyers')],
      present: [{ id: 5, name: 'Buyers' }],
      planned: { name: 'Buyers', heldAs: 'Buyers', tagId: 5, origin: 'adopted' },
    },
    {
      of: 'a tag that may be adopted and does not exist: it is made, and ours',
      adopt: ['Buyers'],
      planned: { name: 'Buyers', heldAs: 'Buyers', origin: 'made' },
    },
  ])('$of', ({ name = 'Buyers', own = [], present = [], adopt = [], planned }) => {
    expect(planTags([{ segment: buyers, name }], [], own, present, adopt)).toEqual([
      { segment: buyers, ...planned },
    ]);
  });

  it.each<Omit<Case, 'planned'> & { named: string }>([
    { of: "somebody's tag of the same name", present: [{ id: 5, name: 'Buyers' }], named: 'Buyers' },
    { of: 'one in another case', present: [{ id: 5, name: 'bUYERS' }], named: 'bUYERS' },
    {
      of: 'one that is not adopted',
      present: [{ id: 5, name: 'Buyers' }],
      adopt: ['Other'],
      named: 'Buyers',
    },
    {
      of: "somebody's new tag in place of ours, which is gone",
      own: [made(buyers, 7, 'Buyers')],
      present: [{ id: 8, name: 'Buyers' }],
      named: 'Buyers',
    },
    {
      of: "a rename to the name of somebody's tag",
      name: 'Customers',
      own: [made(buyers, 7, 'Buyers')],
      present: [
        { id: 7, name: 'Buyers' },
        { id: 8, name: 'Customers' },
      ],
      named: 'Customers',
    },
  ])('refuses $of', ({ name = 'Buyers', own = [], present = [], adopt = [], named }) => {
    const error = failureOf(() => planTags([{ segment: buyers, name }], [], own, present, adopt));
    expect(error).toMatchObject({ kind: 'configuration', code: 'tag_exists' });
    expect(error.message).toContain(`"${named}"`);
    expect(error.hint).toContain(`adoptTags: ["${named}"]`);
  });

  it('refuses two segments of one name, in whatever case', () => {
    const wanted = [
      { segment: buyers, name: 'Buyers' },
      { segment: lapsed, name: 'BUYERS' },
    ];
    expect(failureOf(() => planTags(wanted, [], [], [], []))).toMatchObject({
      kind: 'input',
      code: 'tag_shared',
    });
  });

  it('keeps the tags of segments no longer chosen, as long as they exist, so that they can be taken back', () => {
    const wanted = [{ segment: buyers, name: 'Buyers' }];
    const own = [made(lapsed, 3, 'Lapsed'), made('gone' as SegmentId, 4, 'Gone')];
    const known = [buyers, lapsed, 'gone' as SegmentId, 'never' as SegmentId];
    expect(planTags(wanted, known, own, [{ id: 3, name: 'Lapsed, renamed' }], [])).toEqual([
      { segment: buyers, name: 'Buyers', heldAs: 'Buyers', origin: 'made' },
      { segment: lapsed, name: 'Lapsed, renamed', heldAs: 'Lapsed, renamed', tagId: 3, origin: 'made' },
    ]);
  });

  it.each<{ of: string; names: [string, string]; own: OwnTag[]; planned: PlannedTag[] }>([
    {
      of: 'a new segment',
      names: ['Customers', 'Buyers'],
      own: [made(buyers, 7, 'Buyers')],
      planned: [
        { segment: buyers, name: 'Customers', heldAs: 'Buyers', tagId: 7, origin: 'made' },
        { segment: lapsed, name: 'Buyers', heldAs: 'Buyers', origin: 'made' },
      ],
    },
    {
      of: 'one that has a tag of its own: that tag is renamed',
      names: ['Customers', 'Buyers'],
      own: [made(buyers, 7, 'Buyers'), made(lapsed, 3, 'Lapsed')],
      planned: [
        { segment: buyers, name: 'Customers', heldAs: 'Buyers', tagId: 7, origin: 'made' },
        { segment: lapsed, name: 'Buyers', heldAs: 'Lapsed', tagId: 3, origin: 'made' },
      ],
    },
    {
      of: 'one that was chosen before it, in another case',
      names: ['LAPSED', 'Left'],
      own: [made(buyers, 7, 'Buyers'), made(lapsed, 3, 'Lapsed')],
      planned: [
        { segment: buyers, name: 'LAPSED', heldAs: 'Buyers', tagId: 7, origin: 'made' },
        { segment: lapsed, name: 'Left', heldAs: 'Lapsed', tagId: 3, origin: 'made' },
      ],
    },
  ])('gives the name that a tag of ours gives up to $of', ({ names, own, planned }) => {
    const present = own.map(({ tagId, name }) => ({ id: tagId ?? 0, name }));
    expect(planTags(both(names), [], own, present, [])).toEqual(planned);
  });

  it('refuses segments that take the names of each other’s tags: none can be renamed first', () => {
    const own = [made(buyers, 7, 'Buyers'), made(lapsed, 3, 'Lapsed')];
    const present = own.map(({ tagId, name }) => ({ id: tagId ?? 0, name }));
    const error = failureOf(() => planTags(both(['Lapsed', 'Buyers']), [], own, present, []));
    expect(error).toMatchObject({ kind: 'configuration', code: 'tag_ring' });
    expect(error.message).toContain('"Buyers" → "Lapsed", "Lapsed" → "Buyers"');
  });
});

describe('inOrderOfNames', () => {
  const tag = (heldAs: string, name: string, tagId?: number): PlannedTag => ({
    segment: name as SegmentId,
    name,
    heldAs,
    ...(tagId === undefined ? {} : { tagId }),
    origin: 'made',
  });

  it.each<{ of: string; tags: PlannedTag[]; names: string[] }>([
    { of: 'tags that keep their names', tags: [tag('A', 'A', 1), tag('B', 'B', 2)], names: ['A', 'B'] },
    { of: 'a new tag after the one of its name', tags: [tag('B', 'B'), tag('B', 'C', 2)], names: ['C', 'B'] },
    {
      of: 'a chain from its end, in any case',
      tags: [tag('A', 'b', 1), tag('B', 'c', 2), tag('C', 'd', 3)],
      names: ['d', 'c', 'b'],
    },
    { of: 'a change of case alone', tags: [tag('a', 'A', 1)], names: ['A'] },
  ])('puts $of', ({ tags, names }) => {
    expect(inOrderOfNames(tags).map(({ name }) => name)).toEqual(names);
  });
});

describe('the note of our tags', () => {
  let engine: Engine;
  beforeEach(async () => {
    engine = await openDuckdb({ path: ':memory:', threads: 1 });
    await ensureExportTables(engine);
  });
  afterEach(() => engine.close());

  it('holds one row for a segment and audience, the latest', async () => {
    await engine.commit([
      ...noteOwnTag('one', made(lapsed, 1, 'Lapsed')),
      ...noteOwnTag('one', made(buyers, null, 'Buyers')),
      ...noteOwnTag('one', made(buyers, 7, 'Buyers')),
      ...noteOwnTag('two', adopted(buyers, 9, 'Buyers')),
    ]);
    expect(await ownTags(engine, 'one')).toEqual([made(buyers, 7, 'Buyers'), made(lapsed, 1, 'Lapsed')]);
    await engine.commit([forgetOwnTag('one', buyers)]);
    expect(await ownTags(engine, 'one')).toEqual([made(lapsed, 1, 'Lapsed')]);
    expect(await ownTags(engine, 'two')).toEqual([adopted(buyers, 9, 'Buyers')]);
  });
});

function both([ofBuyers, ofLapsed]: [string, string]): { segment: SegmentId; name: string }[] {
  return [
    { segment: buyers, name: ofBuyers },
    { segment: lapsed, name: ofLapsed },
  ];
}

function failureOf(call: () => unknown): PostriderError {
  try {
    call();
  } catch (error) {
    return error as PostriderError;
  }
  throw new Error('it was let through');
}
