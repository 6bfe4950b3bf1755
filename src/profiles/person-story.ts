import type { CustomerId } from '../base/ids.ts';
import type { Cell, Column, Engine, Row } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import { tablesIn } from '../engine/tables-in.ts';
import { readProfileShape } from './profile-shape.ts';

/** A record of a source; file, line and row are null when the source was loaded anew without it. */
export interface StoryRecord {
  source: string;
  key: string;
  file: string | null;
  /** Its first line in the file. */
  line: number | null;
  /** Its columns as loaded. */
  row: Row | null;
}

/** Two records that agree under a rule. */
export interface StoryLink {
  rule: string;
  source: string;
  key: string;
  withSource: string;
  withKey: string;
  /** How alike they are at least, from 0 to 1; null where the rule asks for equal values only. */
  similarity: number | null;
}

/** A value that a record has and the profile does not show, because another one came first. */
export interface StoryAlternate {
  attribute: string;
  value: string;
  source: string;
}

/** Everything unification knows of one person. */
export interface PersonStory {
  customerId: CustomerId;
  /** ISO 8601. */
  firstSeen: string;
  fields: (Column & { value: Cell })[];
  /** All addresses of all records, folded. */
  addresses: string[];
  records: StoryRecord[];
  /** Why the records are one person. */
  links: StoryLink[];
  alternates: StoryAlternate[];
  /** Ids of people who became part of this one. */
  previousIds: { was: string; since: string }[];
}

/**
 * One person's story, or undefined when nobody has this id; `findPeople` leads from an address here.
 * Error: `no_profiles`.
 */
export async function personStory(engine: Engine, customerId: CustomerId): Promise<PersonStory | undefined> {
  const shape = await readProfileShape(engine);
  const [profile] = await engine.rows(sql`SELECT * FROM profile.profile WHERE customer_id = ${customerId}`);
  if (profile === undefined) return undefined;
  const addresses = await engine.rows<{ address: string }>(
    sql`SELECT address FROM unify.address WHERE customer_id = ${customerId} ORDER BY address`,
  );
  const links = await engine.rows<StoryLink>(sql`
    SELECT l.rule, l.source, l.key, l.with_source AS "withSource", l.with_key AS "withKey", l.similarity
    FROM unify.link l JOIN unify.record r ON r.source = l.source AND r.key = l.key
    WHERE r.customer_id = ${customerId} ORDER BY l.source, l.key, l.rule, l.with_source, l.with_key`);
  const alternates = await engine.rows<StoryAlternate>(
    sql`SELECT attribute, value, source FROM unify.alternate WHERE customer_id = ${customerId} ORDER BY attribute, value, source`,
  );
  const previousIds = await engine.rows<{ was: string; since: string }>(
    sql`SELECT was, since FROM unify.previous_id WHERE customer_id = ${customerId} ORDER BY since, was`,
  );
  return {
    customerId,
    firstSeen: String(profile.first_seen),
    fields: shape.attributes.map((attribute) => ({ ...attribute, value: profile[attribute.name] ?? null })),
    addresses: addresses.map((row) => row.address),
    records: await recordsOf(engine, customerId),
    links,
    alternates,
    previousIds,
  };
}

async function recordsOf(engine: Engine, customerId: CustomerId): Promise<StoryRecord[]> {
  const keys = await engine.rows<{ source: string; key: string }>(
    sql`SELECT source, key FROM unify.record WHERE customer_id = ${customerId} ORDER BY source, key`,
  );
  const records: StoryRecord[] = [];
  for (const source of new Set(keys.map((record) => record.source))) {
    const own = keys.filter((record) => record.source === source).map((record) => record.key);
    const rows = await rowsOf(engine, source, own);
    for (const key of own) {
      const found = rows.find((row) => row._key === key);
      if (found === undefined) records.push({ source, key, file: null, line: null, row: null });
      else {
        const { _line: line, _key: _, _file: file, ...row } = found;
        records.push({ source, key, file: String(file), line: Number(line), row });
      }
    }
  }
  return records;
}

async function rowsOf(engine: Engine, source: string, keys: readonly string[]): Promise<Row[]> {
  if (!(await tablesIn(engine, 'source')).has(source)) return [];
  return engine.rows(sql`SELECT * FROM ${name('source', source)} WHERE list_contains(${keys}, _key)`);
}
