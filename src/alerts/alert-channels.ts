import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { inputError, messageOf } from '../base/errors.ts';
import { open, seal, type SecretKey } from '../connections/seal.ts';
import type { Database, Row } from '../store/tables.ts';

/** Where alerts go. The address of a web hook is a secret: whoever has it can write there. */
export const alertTarget = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('email'),
    to: z.array(z.email()).min(1).max(20).describe('Who gets the mail.'),
  }),
  z.strictObject({
    kind: z.literal('slack'),
    url: z.url({ protocol: /^https?$/ }).describe('An incoming webhook of Slack, or of what takes the same.'),
  }),
  z.strictObject({
    kind: z.literal('webhook'),
    url: z.url({ protocol: /^https?$/ }),
    secret: z
      .string()
      .min(16)
      .max(200)
      .describe('Signs each call: X-Postrider-Signature: t=…,v1=HMAC-SHA256 of "t.body".'),
  }),
]);
export type AlertTarget = z.infer<typeof alertTarget>;

/** A channel as lists show it. */
export interface AlertChannel {
  id: string;
  name: string;
  kind: AlertTarget['kind'];
  /** The host of an address, or who gets the mail. */
  shown: string;
  updatedAt: Date;
  lastSentAt: Date | undefined;
  /** Why the last alert did not get there. */
  lastProblem: string | undefined;
}

/** Keeps a channel, its target sealed. @returns it as lists show it */
export async function addAlertChannel(
  db: Database,
  key: SecretKey,
  { name, target }: { name: string; target: AlertTarget },
  now: Date,
): Promise<AlertChannel> {
  const id = randomUUID();
  const sealed = seal(key, JSON.stringify(target), ownerOf(id));
  const row = await db
    .insertInto('alert_channel')
    .values({
      id,
      name,
      kind: target.kind,
      sealed: sealed.text,
      key_id: sealed.keyId,
      created_at: now,
      updated_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
  return toChannel(key, row);
}

/** There are a few of them at most. */
export async function alertChannels(db: Database, key: SecretKey): Promise<AlertChannel[]> {
  const rows = await db.selectFrom('alert_channel').selectAll().orderBy('name').execute();
  return rows.map((row) => toChannel(key, row));
}

function toChannel(key: SecretKey, row: Row<'alert_channel'>): AlertChannel {
  return {
    id: row.id,
    name: row.name,
    kind: row.kind as AlertTarget['kind'],
    shown: shown(key, row),
    updatedAt: row.updated_at,
    lastSentAt: row.last_sent_at ?? undefined,
    lastProblem: row.last_problem ?? undefined,
  };
}

/** A channel with its address, or why that cannot be read: one that is sealed with another key must not silence the others. */
export type OpenedChannel = { id: string } & ({ target: AlertTarget } | { problem: string });

/** With their addresses, for sending alone. */
export async function alertTargets(db: Database, key: SecretKey): Promise<OpenedChannel[]> {
  const rows = await db.selectFrom('alert_channel').selectAll().orderBy('name').execute();
  return rows.map((row) => {
    try {
      return { id: row.id, target: targetOf(key, row) };
    } catch (error) {
      return { id: row.id, problem: messageOf(error) };
    }
  });
}

/** @throws `input` / `alert_channel_unknown` */
export async function alertTargetOf(db: Database, key: SecretKey, id: string): Promise<AlertTarget> {
  const row = await db.selectFrom('alert_channel').selectAll().where('id', '=', id).executeTakeFirst();
  if (row === undefined) throw unknownChannel();
  return targetOf(key, row);
}

/** @throws `input` / `alert_channel_unknown` */
export async function removeAlertChannel(db: Database, id: string): Promise<void> {
  const gone = await db.deleteFrom('alert_channel').where('id', '=', id).executeTakeFirst();
  if (gone.numDeletedRows === 0n) throw unknownChannel();
}

/** Writes down that an alert got there, or why it did not. */
export async function noteAlertSent(
  db: Database,
  id: string,
  { at, problem }: { at: Date; problem: string | undefined },
): Promise<void> {
  const sent = problem === undefined ? { last_sent_at: at } : {};
  await db
    .updateTable('alert_channel')
    .set({ ...sent, last_problem: problem ?? null })
    .where('id', '=', id)
    .execute();
}

/** Seals the targets with another key. */
export async function resealAlertChannels(db: Database, from: SecretKey, to: SecretKey): Promise<void> {
  const rows = await db.selectFrom('alert_channel').selectAll().execute();
  for (const row of rows) {
    const sealed = seal(to, JSON.stringify(targetOf(from, row)), ownerOf(row.id));
    await db
      .updateTable('alert_channel')
      .set({ sealed: sealed.text, key_id: sealed.keyId })
      .where('id', '=', row.id)
      .execute();
  }
}

function targetOf(key: SecretKey, { id, sealed, key_id: keyId }: Row<'alert_channel'>): AlertTarget {
  return alertTarget.parse(JSON.parse(open(key, { text: sealed, keyId }, ownerOf(id))));
}

function shown(key: SecretKey, row: Row<'alert_channel'>): string {
  try {
    const target = targetOf(key, row);
    return target.kind === 'email' ? target.to.join(', ') : new URL(target.url).host;
  } catch {
    return 'sealed with another key';
  }
}

function unknownChannel(): Error {
  return inputError('alert_channel_unknown', 'There is no such alert channel.');
}

function ownerOf(id: string): string {
  return `alert channel ${id}`;
}
