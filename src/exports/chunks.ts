import type { RunId, SegmentId } from '../base/ids.ts';
import type { Cell, Change, Engine } from '../engine/engine.ts';
import { sql, type Sql } from '../engine/sql.ts';
import {
  audienceMember,
  chunk as chunkTable,
  outcome as outcomeTable,
  planPerson,
  ref,
  tagWork,
} from './export-tables.ts';
import { needsUpsert } from './person-end.ts';

/**
 * A run's work in pieces of at most 500 people, each one request (to archive and to move: one for each person), and
 * what became of each.
 *
 *   ready ──► sending ──► done
 *     ▲          │
 *     └──────────┘  after a read-back, when the answer never came: only people who still need it
 *
 * `sending` is durable before the request leaves; the outcome of its people and `done` are one commit.
 * So after a crash a chunk is either untouched, or known to be uncertain, or settled (promise 5).
 */
export const chunkSize = 500;

export type ChunkKind = 'move' | 'upsert' | 'tag' | 'untag' | 'archive';

export interface Chunk {
  run: RunId;
  chunk: number;
  kind: ChunkKind;
  segment: SegmentId | null;
  first: number;
  last: number;
  attempts: number;
  /** ISO 8601; when its request last left. */
  sentAt: string | null;
}

/** A contact that is to get another address before anything else of its person is sent. */
export interface PlannedMove {
  position: number;
  /** Folded. */
  from: string;
  /** Folded. */
  address: string;
  /** The new address as the source spells it. */
  email: string;
  /** By what the contact is known again. */
  contactId: string | null;
}

export interface PlannedPerson {
  position: number;
  action: 'add' | 'update';
  address: string;
  email: string;
  /** What the plan saw; null: not in the audience. */
  seenStatus: string | null;
  /** What to send. */
  status: string;
  /** Merge field → value to send. */
  fields: Record<string, string>;
  addSegments: SegmentId[];
}

export type OutcomeResult = 'done' | 'keptOut' | 'rejected' | 'failed' | 'unmentioned';

/** Merge field → its value, or null where there is none. */
export type FieldPatch = Readonly<Record<string, string | null>>;

export interface Outcome {
  position: number;
  address: string;
  result: OutcomeResult;
  reason?: string | undefined;
  /** Mailchimp's words without the address. */
  detail?: string;
  /** The audience's state as answered; absent when nothing was answered of it. */
  status?: string;
  /** What leads from the fields that were sent to those the answer showed (RFC 7396); absent: it showed none. */
  fieldPatch?: FieldPatch | undefined;
  /** Folded names, where the answer showed tags. */
  tags?: readonly string[] | undefined;
  created?: boolean | undefined;
  /** Of a new contact. */
  contactId?: string | undefined;
}

/**
 * The changes that cut a plan into chunks when its run starts: contacts that move, upserts, and the tags that go by
 * segment calls from the start (people whose fields do not change, and everything taken away).
 */
export function cutIntoChunks(run: RunId): Change[] {
  const mine = sql`FROM ${ref(planPerson)} WHERE run = ${run}`;
  const moves = sql`(SELECT count(*) FROM ${ref(chunkTable)} WHERE run = ${run} AND kind = 'move')`;
  return [
    // Who is left out from the start has an outcome by now.
    sql`INSERT INTO ${ref(tagWork)}
      SELECT ${run}, 'move', NULL, row_number() OVER (ORDER BY position), address, FALSE
      ${mine} AND action = 'update' AND from_address IS NOT NULL
        AND position NOT IN (SELECT position FROM ${ref(outcomeTable)} WHERE run = ${run})`,
    sql`INSERT INTO ${ref(chunkTable)}
      SELECT ${run}, (position - 1) // ${chunkSize}, 'move', NULL, min(position), max(position), 'ready', 0, NULL
      FROM ${ref(tagWork)} WHERE run = ${run} AND kind = 'move' GROUP BY 2`,
    sql`INSERT INTO ${ref(chunkTable)}
      SELECT ${run}, ${moves} + (position - 1) // ${chunkSize}, 'upsert', NULL, min(position), max(position), 'ready', 0, NULL
      ${mine} AND ${needsUpsert} GROUP BY 2`,
    sql`INSERT INTO ${ref(tagWork)}
      SELECT ${run}, kind, segment, NULL, address, FALSE FROM (
        SELECT 'tag' AS kind, unnest(add_segments) AS segment, address ${mine} AND action = 'update' AND NOT ${needsUpsert}
        UNION ALL SELECT 'untag', unnest(remove_segments), address ${mine} AND action IN ('update', 'leave')
        UNION ALL SELECT 'archive', NULL, address ${mine} AND archive)`,
  ];
}

/**
 * Numbers the tag work that has no place yet and cuts it into chunks, 500 of one kind and segment each;
 * people whose upsert did not go through are left out. Called once the upserts are settled.
 */
export async function cutTagWork(engine: Engine, run: RunId): Promise<void> {
  const [pending] = await engine.rows(
    sql`SELECT 1 AS found FROM ${ref(tagWork)} WHERE run = ${run} AND position IS NULL LIMIT 1`,
  );
  if (pending === undefined) return;
  await engine.commit([
    sql`CREATE OR REPLACE TABLE export.tag_order AS
      SELECT kind, segment, address, row_number() OVER (ORDER BY ${kindOrder}, segment, address)
        + (SELECT coalesce(max(position), 0) FROM ${ref(tagWork)} WHERE run = ${run}) AS position
      FROM (SELECT DISTINCT kind, segment, address FROM ${ref(tagWork)} WHERE run = ${run} AND position IS NULL)
      WHERE address NOT IN (SELECT address FROM ${ref(outcomeTable)} WHERE run = ${run} AND result <> 'done')`,
    sql`DELETE FROM ${ref(tagWork)} WHERE run = ${run} AND position IS NULL`,
    sql`INSERT INTO ${ref(tagWork)} SELECT ${run}, kind, segment, position, address, FALSE FROM export.tag_order ORDER BY position`,
    sql`INSERT INTO ${ref(chunkTable)}
      WITH placed AS (
        SELECT *, (row_number() OVER (PARTITION BY kind, segment ORDER BY position) - 1) // ${chunkSize} AS part
        FROM export.tag_order
      )
      SELECT ${run}, row_number() OVER (ORDER BY min(position))
          + (SELECT coalesce(max(chunk), -1) FROM ${ref(chunkTable)} WHERE run = ${run}),
        kind, segment, min(position), max(position), 'ready', 0, NULL
      FROM placed GROUP BY kind, segment, part`,
    sql`DROP TABLE export.tag_order`,
  ]);
}

const kindOrder = sql`CASE kind WHEN 'tag' THEN 1 WHEN 'untag' THEN 2 ELSE 3 END`;

/** The segments whose tag somebody of this plan is to get: their tags must exist. */
export async function segmentsToGive(engine: Engine, run: RunId): Promise<ReadonlySet<SegmentId>> {
  const rows = await engine.rows<{ segment: SegmentId }>(
    sql`SELECT DISTINCT unnest(add_segments) AS segment FROM ${ref(planPerson)}
      WHERE run = ${run} AND action IN ('add', 'update')`,
  );
  return new Set(rows.map((row) => row.segment));
}

/** The chunks of a run in one state, in order. */
export async function chunksIn(engine: Engine, run: RunId, state: 'ready' | 'sending'): Promise<Chunk[]> {
  return engine.rows<Chunk & Record<string, Cell>>(sql`
    SELECT run, chunk, kind, segment, first, last, attempts, sent_at AS "sentAt"
    FROM ${ref(chunkTable)} WHERE run = ${run} AND state = ${state} ORDER BY chunk`);
}

/** The people of an upsert chunk who have no outcome yet. */
export function peopleOf(engine: Engine, chunk: Chunk): Promise<PlannedPerson[]> {
  return peopleBetween(engine, chunk.run, chunk.first, chunk.last);
}

/** The people at these positions of a plan, both included, who have no outcome yet. */
export function peopleBetween(
  engine: Engine,
  run: RunId,
  first: number,
  last: number,
): Promise<PlannedPerson[]> {
  const range = sql`run = ${run} AND position BETWEEN ${first} AND ${last}`;
  return plannedPeople(
    engine,
    sql`${range} AND position NOT IN (SELECT position FROM ${ref(outcomeTable)} WHERE ${range})`,
  );
}

async function plannedPeople(engine: Engine, where: Sql): Promise<PlannedPerson[]> {
  const { dialect } = engine;
  const columns = dialect.jsonColumns([
    { key: 'position', value: sql`position` },
    { key: 'action', value: sql`action` },
    { key: 'address', value: sql`address` },
    { key: 'email', value: sql`email` },
    { key: 'seenStatus', value: sql`seen_status` },
    { key: 'status', value: sql`status` },
    { key: 'fields', value: sql`fields`, isJson: true },
    { key: 'addSegments', value: sql`add_segments` },
  ] satisfies { key: keyof PlannedPerson; value: Sql; isJson?: boolean }[]);
  const [row] = await engine.rows<{ people: string | null }>(
    sql`SELECT ${columns} AS people FROM ${ref(planPerson)} WHERE ${where}`,
  );
  if (row === undefined || row.people === null) return [];
  const all = JSON.parse(row.people) as { [Key in keyof PlannedPerson]: PlannedPerson[Key][] };
  const people = all.position.map(
    (position, index) =>
      ({
        position,
        action: all.action[index],
        address: all.address[index],
        email: all.email[index],
        seenStatus: all.seenStatus[index],
        status: all.status[index],
        fields: all.fields[index],
        addSegments: all.addSegments[index],
      }) as PlannedPerson,
  );
  return people.toSorted((one, other) => one.position - other.position);
}

/** The contacts of a chunk that have not moved yet and whose person has no outcome. */
export async function movesOf(
  engine: Engine,
  audience: string,
  { run, first, last }: Chunk,
): Promise<PlannedMove[]> {
  return engine.rows<PlannedMove & Record<string, Cell>>(sql`
    SELECT person.position, person.from_address AS "from", person.address, person.email,
      contact.contact_id AS "contactId"
    FROM ${ref(tagWork)} AS work
    JOIN ${ref(planPerson)} AS person ON person.run = work.run AND person.address = work.address
      AND person.action = 'update' AND person.from_address IS NOT NULL
    LEFT JOIN ${ref(audienceMember)} AS contact
      ON contact.audience = ${audience} AND contact.address = person.from_address
    WHERE work.run = ${run} AND work.kind = 'move' AND work.position BETWEEN ${first} AND ${last} AND NOT work.done
      AND person.position NOT IN (SELECT position FROM ${ref(outcomeTable)} WHERE run = ${run})
    ORDER BY person.position`);
}

/** The addresses of a tag, untag or archive chunk that are not done yet. */
export async function addressesOf(engine: Engine, chunk: Chunk): Promise<string[]> {
  const rows = await engine.rows<{ address: string }>(sql`
    SELECT address FROM ${ref(tagWork)}
    WHERE run = ${chunk.run} AND position BETWEEN ${chunk.first} AND ${chunk.last} AND NOT done ORDER BY position`);
  return rows.map((row) => row.address);
}

/** How many tags a run was to give or take, and did not. */
export async function unfinishedTags(engine: Engine, run: RunId): Promise<number> {
  const [row] = await engine.rows<{ tags: number }>(
    sql`SELECT count(*) AS tags FROM ${ref(tagWork)} WHERE run = ${run} AND kind IN ('tag', 'untag') AND NOT done`,
  );
  return row?.tags ?? 0;
}

const thisChunk = (chunk: Chunk): Sql => sql`run = ${chunk.run} AND chunk = ${chunk.chunk}`;

/** To be durable before the chunk's request leaves. */
export function markSending(chunk: Chunk, now: Date): Change {
  return sql`UPDATE ${ref(chunkTable)} SET state = 'sending', attempts = attempts + 1,
    sent_at = ${now.toISOString()}::TIMESTAMP WHERE ${thisChunk(chunk)}`;
}

export function markDone(chunk: Chunk): Change {
  return sql`UPDATE ${ref(chunkTable)} SET state = 'done' WHERE ${thisChunk(chunk)}`;
}

/** The change that ends all of these chunks of a run. */
export function markAllDone(run: RunId, chunks: readonly Chunk[]): Change[] {
  if (chunks.length === 0) return [];
  const numbers = chunks.map(({ chunk }) => String(chunk));
  return [
    sql`UPDATE ${ref(chunkTable)} SET state = 'done' WHERE run = ${run} AND list_contains(${numbers}, chunk::VARCHAR)`,
  ];
}

/** The server's time to work on the chunk's request begins when it really left. */
export function noteSent(chunk: Chunk, sentAt: Date): Change {
  return sql`UPDATE ${ref(chunkTable)} SET sent_at = ${sentAt.toISOString()}::TIMESTAMP WHERE ${thisChunk(chunk)}`;
}

/** Until when requests that were cut off may still be at work at the server, from the chunks that are uncertain. */
export async function requestsHeldUntil(
  engine: Engine,
  { deadlineMs, maxRequests }: { deadlineMs: number; maxRequests: number },
  now: Date,
): Promise<Date[]> {
  const rows = await engine.rows<{ kind: ChunkKind; sent_at: string | null }>(
    sql`SELECT kind, sent_at FROM ${ref(chunkTable)} WHERE state = 'sending'`,
  );
  return rows.flatMap(({ kind, sent_at: sentAt }) => {
    if (sentAt === null) return [];
    const until = surelyOverAt(Date.parse(sentAt), deadlineMs, now);
    // To archive and to move is a request for each person, as many at a time as the account allows.
    const requests = kind === 'archive' || kind === 'move' ? maxRequests : 1;
    return Array.from({ length: requests }, () => until);
  });
}

/**
 * When the server is surely done with a request. By a clock that was set back since, it was sent in the future: nobody waits
 * longer than the server can take.
 */
export function surelyOverAt(sentAt: number, deadlineMs: number, now: Date): Date {
  return new Date(Math.min(sentAt, now.getTime()) + deadlineMs);
}

/** After a read-back, or when the request surely did not happen. */
export function markReady(chunk: Chunk): Change {
  return sql`UPDATE ${ref(chunkTable)} SET state = 'ready' WHERE ${thisChunk(chunk)}`;
}

export function writeOutcomes(run: RunId, outcomes: readonly Outcome[], now: Date): Change[] {
  if (outcomes.length === 0) return [];
  const at = now.toISOString();
  return [
    {
      into: outcomeTable,
      columns: outcomeTable.columns,
      rows: outcomes.map((each) => [
        run,
        each.position,
        each.address,
        each.result,
        each.reason ?? null,
        each.detail ?? null,
        each.status ?? null,
        each.fieldPatch === undefined ? null : JSON.stringify(each.fieldPatch),
        each.tags ?? null,
        each.created ?? false,
        at,
        each.contactId ?? null,
      ]),
    },
  ];
}

/** People that a batch answer did not mention, to be looked for. */
export async function unmentionedPeople(engine: Engine, run: RunId): Promise<PlannedPerson[]> {
  return plannedPeople(
    engine,
    sql`run = ${run} AND position IN (
      SELECT position FROM ${ref(outcomeTable)} WHERE run = ${run} AND result = 'unmentioned')`,
  );
}

/**
 * The change that notes of people who were reached that they have left since. Who was so already when the plan was
 * made, and is brought back by it from our own archive, was seen there before we reached them.
 */
export function noteWhoLeft(run: RunId, left: ReadonlyMap<string, string>): Change {
  return sql`UPDATE ${ref(outcomeTable)} SET status = gone.status
    FROM (
      SELECT person.position, seen.status
      FROM (SELECT unnest(${[...left.keys()]}) AS address, unnest(${[...left.values()]}) AS status) AS seen
      JOIN ${ref(planPerson)} AS person ON person.run = ${run} AND person.address = seen.address
        AND person.seen_status IS DISTINCT FROM seen.status
    ) AS gone
    WHERE run = ${run} AND ${ref(outcomeTable)}.position = gone.position AND result = 'done'`;
}

/** The changes that put what was found out of all unmentioned people in the place of `unmentioned`. */
export function settleUnmentioned(run: RunId, outcomes: readonly Outcome[], now: Date): Change[] {
  return [
    sql`DELETE FROM ${ref(outcomeTable)} WHERE run = ${run} AND result = 'unmentioned'`,
    ...writeOutcomes(run, outcomes, now),
  ];
}

/** Tags that the answer to an upsert did not show: they go by segment calls. */
export function addTagWork(run: RunId, work: readonly { segment: SegmentId; address: string }[]): Change[] {
  if (work.length === 0) return [];
  return [
    {
      into: tagWork,
      columns: tagWork.columns,
      rows: work.map(({ segment, address }) => [run, 'tag', segment, null, address, false]),
    },
  ];
}

/**
 * The changes that note which addresses of a move, tag, untag or archive chunk are done. Those of a chunk that ends
 * without being done were not reached: they do not count as ours, and not as let go.
 */
export function markAddressesDone(chunk: Chunk, addresses: readonly string[]): Change[] {
  if (addresses.length === 0) return [];
  return [
    sql`UPDATE ${ref(tagWork)} SET done = TRUE WHERE run = ${chunk.run}
      AND position BETWEEN ${chunk.first} AND ${chunk.last} AND list_contains(${addresses}, address)`,
  ];
}

/** The changes that drop addresses from a chunk of which there is nothing more to do. */
export function dropAddresses(chunk: Chunk, addresses: readonly string[]): Change[] {
  if (addresses.length === 0) return [];
  return [
    sql`DELETE FROM ${ref(tagWork)} WHERE run = ${chunk.run}
      AND position BETWEEN ${chunk.first} AND ${chunk.last} AND list_contains(${addresses}, address)`,
  ];
}
