import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import type { App } from '../app.ts';
import { receiptFor } from '../suppression/erasure-notes.ts';
import type { Erasure } from '../suppression/erasure.ts';
import { addForgetCommand } from './forget-command.ts';
import type { Shell } from './shell.ts';

const record: Erasure = {
  erasure: 'e1',
  state: 'open',
  how: 'archive',
  by: 'officer',
  why: 'request 17',
  startedAt: '2026-11-24T06:00:00.000Z',
  finishedAt: null,
  profiles: 1,
  places: [{ place: 'source crm', rows: 2, became: 'removed' }],
  suppressed: { address: 2, record: 1 },
  audiences: [
    {
      connection: 'a' as never,
      audience: 'x1',
      how: 'archive',
      removed: 1,
      absent: 1,
      already: 0,
      open: null,
    },
    {
      connection: 'b' as never,
      audience: 'x2',
      how: 'archive',
      removed: 0,
      absent: 0,
      already: 0,
      open: { code: 'c', message: 'Mailchimp cannot be reached.', hint: 'Check the network.' },
    },
  ],
  lifted: null,
};

async function type(
  words: string,
  json = false,
): Promise<{ printed: string[]; exitCode: number; asked: unknown[] }> {
  const asked: unknown[] = [];
  const printed: string[] = [];
  const note =
    <T>(what: string, answer: T) =>
    (...given: unknown[]) => {
      asked.push([what, ...given]);
      return Promise.resolve(answer);
    };
  const app: Partial<App> = {
    forget: note('forget', receiptFor(record)),
    previewForget: note('preview', { addresses: ['a@b.cd'], profiles: 1, places: [], audiences: ['a:x1'] }),
    liftForget: note('lift', [record]),
    forgetReceipts: note(
      'receipts',
      words.includes('nobody') ? [] : [receiptFor({ ...record, state: 'done' })],
    ),
  };
  const shell = {
    json,
    exitCode: 0,
    app: () => Promise.resolve(app),
    print: (line: string) => printed.push(line),
    show: (value: unknown, text: () => string) => printed.push(json ? JSON.stringify(value) : text()),
  };
  const program = new Command().exitOverride().configureOutput({ writeErr: () => undefined });
  addForgetCommand(program, shell as unknown as Shell);
  for (const command of program.commands) command.exitOverride();
  await program.parseAsync(['forget', ...words.split(' ')], { from: 'user' });
  return { printed, exitCode: shell.exitCode, asked };
}

describe('postrider forget', () => {
  it.each([
    ['a@b.cd --archive --why r17', ['forget', 'a@b.cd', { how: 'archive', why: 'r17' }], 1],
    ['a@b.cd --delete --people 2', ['forget', 'a@b.cd', { how: 'delete', why: '', people: 2 }], 1],
    ['a@b.cd --dry-run', ['preview', 'a@b.cd'], 0],
    ['a@b.cd --receipt', ['receipts', 'a@b.cd'], 0],
    ['a@b.cd --lift asked', ['lift', 'a@b.cd', 'asked'], 0],
  ])('%s', async (words, call, exitCode) => {
    const ended = await type(words);
    expect(ended).toMatchObject({ asked: [call], exitCode });
    expect(ended.printed).toHaveLength(1);
  });

  it.each([
    ['a@b.cd', 'forget_how'],
    ['a@b.cd --archive --delete', 'forget_how'],
    ['a@b.cd --delete --dry-run', 'forget_how'],
    ['a@b.cd --delete --people 0', 'commander.invalidArgument'],
    ['nobody@b.cd --receipt', 'receipt_unknown'],
  ])('refuses "%s" with %s', async (words, code) => {
    await expect(type(words)).rejects.toMatchObject({ code });
  });

  it('prints a receipt that says what is open and what to do', async () => {
    const { printed } = await type('a@b.cd --archive');
    for (const part of [
      'source crm: 2 removed',
      '1 archived, 1 not there',
      'Check the network.',
      'repeat the command',
    ])
      expect(printed[0]).toContain(part);
  });

  it('prints one JSON document', async () => {
    const { printed } = await type('a@b.cd --archive', true);
    expect(JSON.parse(printed[0] ?? '')).toMatchObject({
      receipt: {
        erasure: 'e1',
        notes: expect.arrayContaining([expect.stringContaining('under uploads/')]) as string[],
      },
    });
  });
});
