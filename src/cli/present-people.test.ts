import { createColors } from 'picocolors';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SegmentId } from '../base/ids.ts';
import type { PlanLine } from '../exports/plan-people.ts';
import type * as Module from './present-people.ts';
import type * as RunModule from './present-run.ts';
import type { Shell } from './shell.ts';
import { someRun } from './test-support/some-run.ts';

let presentPeople: typeof Module.presentPeople;
let runDocument: typeof RunModule.runDocument;
beforeAll(async () => {
  vi.doMock('picocolors', () => ({ default: createColors(false) }));
  ({ presentPeople } = await import('./present-people.ts'));
  ({ runDocument } = await import('./present-run.ts'));
});

const buyers = 'buyers' as SegmentId;

let printed = '';
beforeEach(() => {
  printed = '';
});

const line = (changes: Partial<PlanLine>): PlanLine => ({
  action: 'add',
  reason: null,
  email: 'ana@acme.test',
  status: 'subscribed',
  fields: {},
  gains: [],
  loses: [],
  ...changes,
});

async function print(json: boolean, ...pages: PlanLine[][]): Promise<string> {
  async function* all() {
    yield* pages;
  }
  const shell = {
    json,
    print: (text: string) => {
      printed += `${text}\n`;
    },
    printPage: (text: string) => {
      printed += text;
      return Promise.resolve();
    },
  };
  await presentPeople(shell as unknown as Shell, someRun(), all());
  return printed;
}

const linesAfterRun = (text: string) =>
  text.split('\n').slice(text.split('\n').findIndex((each) => each.includes('--plan')) + 2);

describe('presentPeople', () => {
  it('lets no name of a segment steer the terminal', async () => {
    const named = '\u001b[2J' as SegmentId;
    expect(await print(false, [line({ gains: [named], loses: [named] })])).not.toContain('\u001b');
  });

  it('says in a line each what happens to whom', async () => {
    const text = await print(
      false,
      [
        line({ fields: { FNAME: { before: '', after: 'Ana' } }, gains: [buyers] }),
        line({ action: 'update', fields: { FNAME: { before: 'Anna', after: 'Ana' } } }),
      ],
      [
        line({ action: 'leave', loses: [buyers] }),
        line({ action: 'keptOut', reason: 'unsubscribed' }),
        line({ action: 'rejected', reason: 'no_address', email: '' }),
      ],
    );
    expect(linesAfterRun(text)).toEqual([
      '+ add    ana@acme.test  FNAME "Ana", +tag buyers',
      '~ change ana@acme.test  FNAME "Anna" → "Ana"',
      '- leave  ana@acme.test  -tag buyers',
      '  keep out ana@acme.test unsubscribed',
      '  reject (no address) no e-mail address',
      '',
    ]);
  });

  // ESC and the one-byte CSI steer a terminal, CR writes over the line, the last one turns text round.
  const controls = ['\u001b[2J', '\u0007', '\r', '\n+ add fake', '\u009b2J', '\u007f', '\u202e'];

  it.each(controls)('lets no %j of a value reach the terminal', async (control) => {
    const values = { before: `a${control}`, after: `b${control}` };
    const [shown, ...more] = linesAfterRun(await print(false, [line({ fields: { FNAME: values } })]));
    expect(shown).not.toContain(control);
    expect(shown).toMatch(/FNAME "a.*" → "b.*"$/);
    expect(more).toEqual(['']);
  });

  // Whoever has such an address is rejected, and listed.
  it.each(controls)('lets no %j of an address reach the terminal', async (control) => {
    const rejected = line({ action: 'rejected', reason: 'invalid_address', email: `x${control}@acme.test` });
    const [shown, ...more] = linesAfterRun(await print(false, [rejected]));
    expect(shown).not.toContain(control);
    expect(more).toEqual(['']);
  });

  it.each([
    { of: 'nobody', pages: [] },
    { of: 'a page', pages: [[line({}), line({ email: 'ion@acme.test' })]] },
    { of: 'pages', pages: [[line({})], [line({ email: '"\u001b' })], [line({})]] },
  ])('is one JSON document: $of', async ({ pages }) => {
    const text = await print(true, ...pages);
    expect(JSON.parse(text)).toEqual({
      ...(JSON.parse(JSON.stringify(runDocument(someRun()))) as object),
      persons: pages.flat(),
    });
    expect(text.endsWith('}\n')).toBe(true);
    expect(text).not.toContain('\u001b');
  });
});
