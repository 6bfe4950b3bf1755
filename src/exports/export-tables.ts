import type { Change, Column, Engine, TableName } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { addColumn, createTable, tableRef } from '../engine/table.ts';

/**
 * Where an export's state lives: beside the people, in the engine's file, so that one commit can move a
 * chunk to its outcome together with what we then believe (DESIGN §5.5). Tables are append-mostly and have
 * no unique indexes: DuckDB checks those too early for "delete, then insert" in one transaction, and
 * every writer here replaces rows by key within one commit.
 */
const column = (name: string, type: Column['type']): Column => ({ name, type });

interface ExportTable extends TableName {
  columns: readonly Column[];
}

const table = (name: string, columns: readonly Column[]): ExportTable => ({
  schema: 'export',
  table: name,
  columns,
});

/** What the audience holds, as last read or answered. One row per audience and folded address. */
export const audienceMember = table('audience_member', [
  column('audience', 'text'),
  column('address', 'text'),
  column('status', 'text'),
  column('fields', 'text'), // JSON object: merge field → text
  column('tags', 'texts'),
  column('last_changed', 'time'),
  column('contact_id', 'text'), // stays when the contact changes its address; NULL: not told yet
  column('reason', 'text'), // why they left, where Mailchimp says
  column('since', 'time'), // since when, as far as we know, the status is what it is
]);

/** Members on their way into `audience_member`; emptied by the same commit that folds them in. */
export const readMember = table('read_member', audienceMember.columns);

/** From when the next incremental read of an audience must start. */
export const audienceRead = table('audience_read', [
  column('audience', 'text'),
  column('read_from', 'time'),
  column('full_read_at', 'time'),
  // JSON: status → how many more Mailchimp counted than the whole read brought (contacts without an address)
  column('beyond', 'text'),
  column('read_at', 'time'), // by our clock; NULL: read before contacts had ids here
]);

/** What people call an audience. */
export const audienceName = table('audience_name', [column('audience', 'text'), column('name', 'text')]);

/**
 * Contacts that changed their address. In Mailchimp: who is wanted under the one is the contact under the other. By
 * us: the source had the other address by then, and the old one may be anybody's.
 */
export const renamed = table('renamed', [
  column('audience', 'text'),
  column('from_address', 'text'),
  column('to_address', 'text'),
  column('at', 'time'),
  column('by_us', 'boolean'), // NULL: no
]);

/** What segments can ask of people as contacts: one row for each person and audience, by Mailchimp's id. */
export const contactState = table('contact_state', [
  column('audience', 'text'),
  column('customer_id', 'text'),
  column('address', 'text'),
  column('status', 'text'),
  column('reason', 'text'),
  column('since', 'time'),
]);

/** Mailchimp's calls about contacts, less what we have no use for; a hint, never the truth. */
export const webhookEvent = table('webhook_event', [
  column('audience', 'text'),
  column('digest', 'text'), // of the whole body: a repeated one is known
  column('type', 'text'),
  column('address', 'text'), // of an address change: the new one
  column('status', 'text'), // what it says the contact is; NULL: look at the contact
  column('reason', 'text'),
  column('fired_at', 'time'), // by Mailchimp's clock
  column('received_at', 'time'),
  column('read_at', 'time'), // when an audience read began that saw what it was about
  column('signed', 'boolean'), // by whom the audience's secret is known; NULL: from before, as if signed
]);

/** Where Mailchimp calls: one row for each address that we asked it to call. */
export const webhook = table('webhook', [
  column('token', 'text'), // SHA-256 of the secret part of the address
  column('audience', 'text'),
  column('id', 'text'), // Mailchimp's; NULL: it never answered
  column('url', 'text'), // without the secret part
  column('sealed', 'text'), // the signing secret; NULL: calls are not signed
  column('key_id', 'text'),
  column('created_at', 'time'),
  column('created_by', 'text'),
]);

/** The ledger: whom an export put where, what was sent and what came back. */
export const exported = table('exported', [
  column('export', 'text'),
  column('audience', 'text'),
  column('address', 'text'),
  column('customer_id', 'text'),
  column('sent', 'text'), // JSON object: merge field → text as we sent it
  column('came_back', 'text'), // the same as Mailchimp answered: cut, rounded, reformatted
  column('segments', 'texts'), // whose tags we gave this person and have not taken back
  column('created', 'boolean'), // the contact came into being through us
  column('archived', 'boolean'), // it is archived because we archived it
  column('run', 'text'),
  column('at', 'time'),
  column('left_at', 'time'),
]);

/**
 * People whom Mailchimp refused for a reason that lasts: they are not sent again until the cause changes.
 * With `fields`, the cause is what was sent; without, the person (deleted for good, held back): then only
 * their return to the audience by themselves ends it.
 */
export const refusal = table('refusal', [
  column('audience', 'text'),
  column('address', 'text'),
  column('kind', 'text'), // keptOut | rejected
  column('reason', 'text'),
  column('fields', 'text'),
  column('at', 'time'),
  column('retry_at', 'time'), // of a refusal that passes: when to try again; NULL: it lasts
]);

/**
 * Who has ever left an audience by unsubscribing, or could not be in it for a like reason, until they subscribe
 * again themselves: archived or deleted afterwards, they are still people who left.
 */
export const hasLeft = table('has_left', [column('audience', 'text'), column('address', 'text')]);

/** Digests of addresses that are never sent: MD5 or SHA-256 of the folded form. */
export const doNotSend = table('do_not_send', [column('digest', 'text')]);

/** Every address a person was ever wanted under: who left under one is kept out under the next. */
export const knownAddress = table('known_address', [
  column('address', 'text'),
  column('customer_id', 'text'),
]);

/** Our tags per audience: which segment's, under which id, made by us or adopted. */
export const ownTag = table('own_tag', [
  column('audience', 'text'),
  column('segment', 'text'),
  column('tag_id', 'integer'),
  column('name', 'text'),
  column('origin', 'text'), // made | adopted
]);

/** A run and its plan share one id: a plan is carried out once or never. */
export const run = table('run', [
  column('run', 'text'),
  column('export', 'text'),
  column('audience', 'text'),
  column('status', 'text'),
  column('made_at', 'time'),
  column('started_at', 'time'),
  column('finished_at', 'time'),
  column('body', 'text'), // JSON: ExportRun
]);

/**
 * The immutable plan: one row for each person something happens to, or who is kept out or rejected.
 * People who need an upsert come first, so that its chunks are ranges of positions. `same` is somebody
 * who had left, is wanted again and lacks nothing: only the ledger moves.
 */
export const planPerson = table('plan_person', [
  column('run', 'text'),
  column('position', 'integer'),
  column('action', 'text'), // add | update | leave | keptOut | rejected | same
  column('reason', 'text'),
  column('address', 'text'),
  column('email', 'text'), // as the source spells it, trimmed
  column('customer_id', 'text'),
  column('seen_status', 'text'), // NULL: not in the audience
  column('status', 'text'), // what to send
  column('fields', 'text'), // JSON: merge fields to send
  column('before', 'text'), // JSON: what the audience holds in exactly these fields
  column('field_count', 'integer'),
  column('add_segments', 'texts'),
  column('remove_segments', 'texts'),
  column('archive', 'boolean'), // of a leaver: archive the contact
  column('detail', 'text'), // what is wrong with the person's values, as in `ZIP: …`; never the values
  column('from_address', 'text'), // of an update: where the contact is that moves to `address`; NULL: it does not move
]);

export const planCount = table('plan_count', [
  column('run', 'text'),
  column('action', 'text'),
  column('reason', 'text'),
  column('people', 'integer'),
]);

/** Up to 500 people of one request; `first`..`last` are positions in the plan, or in `tag_work`. */
export const chunk = table('chunk', [
  column('run', 'text'),
  column('chunk', 'integer'),
  column('kind', 'text'), // move | upsert | tag | untag | archive
  column('segment', 'text'),
  column('first', 'integer'),
  column('last', 'integer'),
  column('state', 'text'), // ready | sending | done
  column('attempts', 'integer'),
  column('sent_at', 'time'),
]);

/** What goes by calls of its own: contacts to move, tags to give or take by segment; numbered per run in the order sent. */
export const tagWork = table('tag_work', [
  column('run', 'text'),
  column('kind', 'text'), // move | tag | untag | archive
  column('segment', 'text'),
  column('position', 'integer'),
  column('address', 'text'), // of a contact that moves: the new one
  column('done', 'boolean'),
]);

/** What became of each person of a run; append-only while it runs, then folded into the ledger. */
export const outcome = table('outcome', [
  column('run', 'text'),
  column('position', 'integer'),
  column('address', 'text'),
  column('result', 'text'), // done | keptOut | rejected | failed | unmentioned
  column('reason', 'text'),
  column('detail', 'text'), // Mailchimp's words without the address
  column('status', 'text'),
  // JSON merge patch (RFC 7396) that leads from what was sent to what the answer showed, which is mostly the same and
  // so not written twice; NULL: it showed no fields. Rows from before hold all that it showed.
  column('fields', 'text'),
  column('tags', 'texts'),
  column('created', 'boolean'),
  column('at', 'time'),
  column('contact_id', 'text'), // of a new contact, where the answer showed it
]);

/** Every change of a run with the value before it, for undo and for one person's story. */
export const journal = table('journal', [
  column('run', 'text'),
  column('address', 'text'),
  // create | field | tag | untag | archive | address | status (put out again: decision 13)
  column('kind', 'text'),
  column('name', 'text'),
  column('before', 'text'),
  column('after', 'text'),
  column('at', 'time'),
]);

/** Changes of a run that its undo leaves as they are, each with the reason; part of the undo's plan. */
export const notUndone = table('not_undone', [
  column('run', 'text'), // the undo's
  column('address', 'text'),
  column('kind', 'text'), // create | field | tag | untag | archive | address
  column('name', 'text'), // the merge field, or the segment of the tag
  column('reason', 'text'),
]);

/**
 * Who was seen to have left an audience while a run was going on: our write to them may have been on its way, and may
 * have brought them back. Kept until somebody has looked.
 */
export const seenLeaving = table('seen_leaving', [
  column('audience', 'text'),
  column('run', 'text'),
  column('address', 'text'),
  column('status', 'text'), // the kept-out status they were seen in
  column('at', 'time'), // when the reading that saw it began, by our clock
]);

const tables = [
  audienceMember,
  readMember,
  audienceRead,
  audienceName,
  renamed,
  contactState,
  webhookEvent,
  webhook,
  exported,
  refusal,
  hasLeft,
  doNotSend,
  knownAddress,
  ownTag,
  run,
  planPerson,
  planCount,
  chunk,
  tagWork,
  outcome,
  journal,
  notUndone,
  seenLeaving,
];

/** Makes the tables and columns that are missing; safe to call at each start. A new column is NULL in old rows. */
export async function ensureExportTables(engine: Engine): Promise<void> {
  const present = await engine.rows<{ table: string; column: string }>(
    sql`SELECT table_name AS "table", column_name AS "column" FROM information_schema.columns WHERE table_schema = 'export'`,
  );
  const known = new Set(present.flatMap((row) => [row.table, `${row.table}.${row.column}`]));
  const changes = tables.flatMap((each): Change[] =>
    known.has(each.table)
      ? each.columns
          .filter((column) => !known.has(`${each.table}.${column.name}`))
          .map((column) => addColumn(engine.dialect, each, column))
      : [createTable(engine.dialect, each, each.columns)],
  );
  if (changes.length === 0) return;
  await engine.commit([sql`CREATE SCHEMA IF NOT EXISTS export`, ...changes]);
}

/** The quoted name of one of the tables above. */
export function ref(which: TableName): Sql {
  return tableRef(which);
}
