import { PostriderError } from '../base/errors.ts';
import type { Change, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import type { SourceColumn } from './catalogue.ts';
import { recordsOf, type PeopleKeys } from './people-keys.ts';
import type { PeopleSet } from './people-set.ts';

/**
 * People by whole numbers from 0, in tables made once for the data as they are: whose the records of a source
 * are need not be found again for every rule, and sets of people become bits. The tables hold nothing that
 * cannot be made again, and are made anew when profiles, records or sources have changed.
 */
export interface PeopleNumbers {
  /** How many people; their numbers are below. */
  people: number;
  /** A person's number is `numbered.n`. */
  keys: PeopleKeys;
  /** Sets found before, by the query that found them; for queries whose answers follow from these data alone. */
  sets: Map<string, PeopleSet>;
}

/**
 * Does work with the people numbered; again, should the data change meanwhile.
 * @param columns whose owners the work asks for
 * @throws `conflict` `data_changing` when the data do not stand still for as long as the work takes
 */
export async function withPeopleNumbers<T>(
  engine: Engine,
  columns: readonly SourceColumn[],
  work: (numbers: PeopleNumbers) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const numbers = await numberPeople(engine, columns);
    const done = await work(numbers).then(
      (value) => ({ value }),
      (error: unknown) => ({ error }),
    );
    const stands = isCurrent(numbers, await stampOf(engine));
    // Tables that were replaced meanwhile make errors that are nobody's fault.
    if ('error' in done && (stands || done.error instanceof PostriderError)) throw done.error;
    if ('value' in done && stands) return done.value;
  }
  throw new PostriderError({
    kind: 'conflict',
    code: 'data_changing',
    message: 'The data change faster than people can be counted.',
    hint: 'Try again when the refresh is over.',
    retry: 'later',
  });
}

/** Of the tables that hold the numbers; nothing else is in it. */
export const numbersSchema = 'segment_work';
const personTable = name(numbersSchema, 'person');

interface Numbering extends PeopleNumbers {
  stamp: Stamp;
  /** Columns whose owners are there. */
  columns: Set<string>;
}

// By engine, as the stamps of tables mean something only while it is open.
const numberings = new WeakMap<Engine, Numbering>();
const building = new WeakMap<Engine, Promise<unknown>>();

async function numberPeople(engine: Engine, columns: readonly SourceColumn[]): Promise<Numbering> {
  // One at a time: two that build would take each other's tables away.
  const before = building.get(engine) ?? Promise.resolve();
  const built = before.then(() => bringUpToDate(engine, columns));
  building.set(
    engine,
    built.catch(() => undefined),
  );
  return built;
}

async function bringUpToDate(engine: Engine, columns: readonly SourceColumn[]): Promise<Numbering> {
  const before = await stampOf(engine);
  const known = numberings.get(engine);
  const current = known !== undefined && isCurrent(known, before) ? known : undefined;
  const missing = columns.filter((column) => current?.columns.has(ownersName(column)) !== true);
  if (current !== undefined && missing.length === 0) return current;

  numberings.delete(engine);
  const changes: Change[] = current === undefined ? [...numberedAnew] : [];
  for (const table of new Map(missing.map((column) => [ownersName(column), column])).values()) {
    changes.push(makeOwners(table));
  }
  await engine.commit(changes);
  const [row] = await engine.rows<{ people: number }>(sql`SELECT count(*) AS people FROM ${personTable}`);
  const numbering: Numbering = {
    people: row?.people ?? 0,
    keys: numberedKeys,
    sets: current?.sets ?? new Map(),
    columns: new Set([...(current?.columns ?? []), ...columns.map(ownersName)]),
    // If the data have changed since, these are tables of other data and this is no stamp of theirs.
    stamp: { data: before.data, numbering: (await stampOf(engine)).numbering },
  };
  numberings.set(engine, numbering);
  return numbering;
}

const numberedAnew: readonly Sql[] = [
  sql`DROP SCHEMA IF EXISTS ${name(numbersSchema)} CASCADE`,
  sql`CREATE SCHEMA ${name(numbersSchema)}`,
  sql`CREATE TABLE ${personTable} AS
    SELECT row_number() OVER () - 1 AS n, customer_id FROM ${name('profile', 'profile')}`,
];

function makeOwners(column: SourceColumn): Sql {
  return sql`CREATE TABLE ${name(numbersSchema, ownersName(column))} AS
    SELECT DISTINCT ${name('target', column.column)} AS reached, numbered.n AS person ${recordsOf(column)}
    JOIN ${personTable} AS numbered ON numbered.customer_id = record.customer_id
    WHERE ${name('target', column.column)} IS NOT NULL`;
}

const numberedKeys: PeopleKeys = {
  person: sql`numbered.n`,
  join: sql`JOIN ${personTable} AS numbered ON numbered.customer_id = person.customer_id`,
  owners: (column) => name(numbersSchema, ownersName(column)),
};

function ownersName({ source, column }: SourceColumn): string {
  return `owner of ${source}.${column}`;
}

/** The ids of people by their numbers. */
export async function customersOf(engine: Engine, numbers: readonly number[]): Promise<string[]> {
  if (numbers.length === 0) return [];
  const rows = await engine.rows<{ customer_id: string }>(
    sql`SELECT customer_id FROM ${personTable} WHERE n IN (${join(numbers.map((n) => sql`${n}`))}) ORDER BY n`,
  );
  return rows.map((row) => row.customer_id);
}

/** What tells data, and the numbering of their people, from what they were and will be. */
interface Stamp {
  data: string;
  /** Absent where people are not numbered. */
  numbering: number | undefined;
}

function isCurrent({ stamp }: Numbering, now: Stamp): boolean {
  return stamp.data === now.data && stamp.numbering === now.numbering;
}

/**
 * Another one after every change that can move people or their rows. Stages make their tables anew, which
 * `tableIds` tells; an erasure takes rows out of them, which counts tell; and a source that is only brought up
 * to date says so in the record of its load.
 */
async function stampOf(engine: Engine): Promise<Stamp> {
  const stages = ['profile', 'unify', 'source', 'source_load'];
  const all = await engine.rows<{ name: string; id: number }>(
    sql`SELECT name, id FROM ${engine.dialect.tableIds([...stages, numbersSchema])} AS tables ORDER BY name`,
  );
  const tables = all.filter((table) => !table.name.startsWith(`${numbersSchema}.`));
  const isThere = (table: string) => tables.some((each) => each.name === table);
  const rows = await Promise.all([
    isThere('profile.profile') ? engine.rows(sql`SELECT count(*) AS n FROM profile.profile`) : [],
    isThere('unify.record') ? engine.rows(sql`SELECT count(*) AS n FROM unify.record`) : [],
    isThere('source_load.source')
      ? engine.rows(sql`SELECT source, loaded_at, rows FROM source_load.source ORDER BY source`)
      : [],
  ]);
  return {
    data: JSON.stringify([tables, rows]),
    numbering: all.find((table) => table.name === `${numbersSchema}.person`)?.id,
  };
}
