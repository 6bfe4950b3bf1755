import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Cell, Change, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import type { Suppression } from '../suppression/suppression-list.ts';
import { hideErased } from './erased-members.ts';
import { audienceMember, audienceRead, exported, hasLeft, readMember, ref } from './export-tables.ts';
import { forgetLostContacts } from './lost-contacts.ts';
import { findRenamed, followRenamed, movedContacts } from './renamed-contacts.ts';
import { believeHints, retireHints } from './webhook-events.ts';

/** A member as the audience holds it. */
export interface MemberFacts {
  /** Folded. */
  address: string;
  status: string;
  /** Merge field → value as text; blank ones may be left out. */
  fields: Readonly<Record<string, string>>;
  tags: readonly string[];
  /** ISO 8601; Mailchimp knows seconds only. */
  lastChanged: string | null;
  /** The same after a change of address, where Mailchimp tells. */
  contactId?: string;
  /** Why they unsubscribed. */
  reason?: string;
}

/** One read of an audience. */
export interface AudienceReading {
  whole: boolean;
  pages: AsyncIterable<readonly MemberFacts[]>;
  /** From when the next one is to read; asked when all pages are in. */
  nextFrom: () => Date;
  /** Absent: nobody was erased. */
  erased?: Suppression | undefined;
}

/** From when to read what changed, or undefined when the audience was never read whole with the ids of its contacts. */
export async function nextReadFrom(engine: Engine, audience: string): Promise<string | undefined> {
  const [row] = await engine.rows<{ read_from: string }>(
    sql`SELECT read_from FROM ${ref(audienceRead)} WHERE audience = ${audience} AND read_at IS NOT NULL`,
  );
  return row?.read_from;
}

/**
 * Takes in the pages of one read: all of the audience, or what changed since `nextReadFrom`. Pages wait in
 * a table of their own; one commit at the end makes them the facts, so that a read that breaks off
 * changes nothing, and leaves nothing behind: erased people are hidden in that commit only.
 * @param now when the read began, by our clock
 * @returns how many members were read (a member that moved between pages counts twice)
 */
export async function takeInAudience(
  engine: Engine,
  audience: string,
  read: AudienceReading,
  now: Date,
): Promise<number> {
  const dropPages = sql`DELETE FROM ${ref(readMember)} WHERE audience = ${audience}`;
  await engine.commit([dropPages]);
  try {
    return await takeInPages(engine, audience, read, now);
  } catch (error) {
    // Should this fail as well, the next start does it: why the read broke off is what counts.
    await engine.commit([dropPages]).catch(() => undefined);
    throw error;
  }
}

/** Drops what reads left behind whose process died. To be called before anybody reads. */
export async function dropBrokenReads(engine: Engine): Promise<void> {
  const [left] = await engine.rows(sql`SELECT 1 AS found FROM ${ref(readMember)} LIMIT 1`);
  if (left !== undefined) await engine.commit([sql`DELETE FROM ${ref(readMember)}`]);
}

async function takeInPages(
  engine: Engine,
  audience: string,
  read: AudienceReading,
  now: Date,
): Promise<number> {
  let members = 0;
  for await (const group of grouped(read.pages)) {
    members += group.length;
    await engine.commit([
      {
        into: readMember,
        columns: readMember.columns,
        // Contacts without an address (known by telephone only) are none of an e-mail export's business.
        rows: group.filter((member) => member.address !== '').map((member) => cells(audience, member)),
      },
    ]);
  }
  const fullReadAt = read.whole
    ? sql`${now.toISOString()}::TIMESTAMP`
    : sql`(SELECT max(full_read_at) FROM ${ref(audienceRead)} WHERE audience = ${audience})`;
  await engine.commit([
    sql`CREATE OR REPLACE TABLE export.read_from_now AS
      SELECT ${audience} AS audience, ${read.nextFrom().toISOString()}::TIMESTAMP AS read_from, ${fullReadAt} AS full_read_at,
        (SELECT max(beyond) FROM ${ref(audienceRead)} WHERE audience = ${audience}) AS beyond,
        ${now.toISOString()}::TIMESTAMP AS read_at`,
    ...(read.erased === undefined ? [] : [hideErased(audience, read.erased)]),
    ...foldReadMembers(audience, read.whole, now),
    sql`DELETE FROM ${ref(audienceRead)} WHERE audience = ${audience}`,
    sql`INSERT INTO ${ref(audienceRead)} SELECT * FROM export.read_from_now`,
    sql`DROP TABLE export.read_from_now`,
  ]);
  return members;
}

/** What one commit takes in: pages are small beside what a commit costs. */
const membersPerCommit = 10_000;

async function* grouped(pages: AsyncIterable<readonly MemberFacts[]>): AsyncGenerator<MemberFacts[]> {
  let group: MemberFacts[] = [];
  for await (const page of pages) {
    group.push(...page);
    if (group.length < membersPerCommit) continue;
    yield group;
    group = [];
  }
  if (group.length > 0) yield group;
}

function foldReadMembers(audience: string, whole: boolean, now: Date): Change[] {
  const facts = ref(audienceMember);
  const fresh = ref(readMember);
  const at = sql`${now.toISOString()}::TIMESTAMP`;
  return [
    findRenamed(audience),
    // Rows move while pages are read, so one member can come twice: the later state counts. All others need no order.
    sql`CREATE OR REPLACE TABLE export.fresh_member AS
      WITH repeated AS (
        SELECT address FROM ${fresh} WHERE audience = ${audience} GROUP BY address HAVING count(*) > 1
      ), latest AS (
        SELECT * FROM ${fresh} WHERE audience = ${audience} AND address NOT IN (SELECT address FROM repeated)
        UNION ALL SELECT * FROM ${fresh} WHERE audience = ${audience} AND address IN (SELECT address FROM repeated)
        QUALIFY row_number() OVER (PARTITION BY address
          ORDER BY last_changed DESC NULLS LAST, ${keptOutFirst}, status) = 1
      )
      SELECT latest.audience, latest.address, latest.status, latest.fields, latest.tags, latest.last_changed, latest.contact_id,
        coalesce(latest.reason, CASE WHEN before.status = latest.status THEN before.reason END) AS reason,
        coalesce(CASE WHEN before.status = latest.status THEN before.since END, latest.last_changed, ${at}) AS since
      FROM latest
      LEFT JOIN ${movedContacts} AS moved ON moved.to_address = latest.address
      LEFT JOIN ${facts} AS before
        ON before.audience = ${audience} AND before.address = coalesce(moved.from_address, latest.address)`,
    ...forgetLostContacts(audience, whole, movedContacts),
    whole
      ? sql`DELETE FROM ${facts} WHERE audience = ${audience}`
      : sql`DELETE FROM ${facts} WHERE audience = ${audience}
          AND address IN (SELECT address FROM export.fresh_member UNION ALL SELECT from_address FROM ${movedContacts})`,
    sql`INSERT INTO ${facts} SELECT * FROM export.fresh_member`,
    sql`DROP TABLE export.fresh_member`,
    ...followRenamed(audience, now),
    sql`INSERT INTO ${ref(hasLeft)} SELECT audience, address FROM ${fresh} WHERE audience = ${audience} AND status = 'unsubscribed'
      EXCEPT SELECT audience, address FROM ${ref(hasLeft)}`,
    sql`DELETE FROM ${ref(hasLeft)} WHERE audience = ${audience} AND address IN (
      SELECT address FROM ${facts} WHERE audience = ${audience} AND status = 'subscribed')`,
    // Somebody else brought the contact back: should it be archived again, that is not our doing.
    sql`UPDATE ${ref(exported)} SET archived = FALSE WHERE audience = ${audience} AND archived AND address IN (
      SELECT address FROM ${fresh} WHERE audience = ${audience} AND status <> 'archived')`,
    sql`DELETE FROM ${fresh} WHERE audience = ${audience}`,
    ...retireHints(audience, now),
    ...believeHints(audience),
  ];
}

// Mailchimp's times are whole seconds: of two states in one second the one that keeps a person out counts.
const keptOutFirst = sql`CASE WHEN list_contains(${keptOutStatuses}, status) THEN 0 ELSE 1 END`;

function cells(audience: string, member: MemberFacts): Cell[] {
  // Tag names are compared without case: Mailchimp changes it (FACTS §6).
  const tags = member.tags.map((tag) => tag.toLowerCase()).toSorted();
  return [
    audience,
    member.address,
    member.status,
    fieldsJson(member.fields),
    tags,
    member.lastChanged,
    member.contactId ?? null,
    member.reason ?? null,
    null,
  ];
}

/** Fields as the tables keep them: a JSON object of text without blanks, keys in order. */
export function fieldsJson(fields: Readonly<Record<string, string>>): string {
  const kept = Object.entries(fields)
    .filter(([, value]) => value !== '')
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify(Object.fromEntries(kept));
}

/** How many contacts of an audience are in which status, as last read. */
export async function audienceSizes(engine: Engine, audience: string): Promise<Record<string, number>> {
  const rows = await engine.rows<{ status: string; people: number }>(
    sql`SELECT status, count(*) AS people FROM ${ref(audienceMember)} WHERE audience = ${audience} GROUP BY status`,
  );
  return Object.fromEntries(rows.map((row) => [row.status, row.people]));
}

/** What we believe the audience holds for these addresses. */
export async function factsOf(
  engine: Engine,
  audience: string,
  addresses: readonly string[],
): Promise<ReadonlyMap<string, MemberFacts>> {
  const rows = await engine.rows<{
    address: string;
    status: string;
    fields: string;
    tags: string[];
    last_changed: string | null;
  }>(sql`
    SELECT address, status, fields, tags, last_changed FROM ${ref(audienceMember)}
    WHERE audience = ${audience} AND list_contains(${addresses}, address)`);
  return new Map(
    rows.map((row) => [
      row.address,
      {
        address: row.address,
        status: row.status,
        fields: JSON.parse(row.fields) as Record<string, string>,
        tags: row.tags,
        lastChanged: row.last_changed,
      },
    ]),
  );
}

/**
 * Remembers by how much Mailchimp's own counts exceed a whole read that has just ended: that much is no sign of
 * anything later.
 */
export function noteBeyond(audience: string, beyond: Readonly<Record<string, number>>): Change {
  return sql`UPDATE ${ref(audienceRead)} SET beyond = ${JSON.stringify(beyond)} WHERE audience = ${audience}`;
}

/** What `noteBeyond` remembers. */
export async function beyondOf(engine: Engine, audience: string): Promise<Readonly<Record<string, number>>> {
  const [row] = await engine.rows<{ beyond: string | null }>(
    sql`SELECT beyond FROM ${ref(audienceRead)} WHERE audience = ${audience}`,
  );
  return JSON.parse(row?.beyond ?? '{}') as Record<string, number>;
}

/** The change that gives a tag its new name in what is known of an audience; both names folded. */
export function renameTagInFacts(audience: string, before: string, after: string): Change {
  return sql`UPDATE ${ref(audienceMember)}
    SET tags = list_sort(list_transform(tags, lambda held: CASE WHEN held = ${before} THEN ${after} ELSE held END))
    WHERE audience = ${audience} AND list_contains(tags, ${before})`;
}
