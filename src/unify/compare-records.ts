import type { Column, Engine } from '../engine/engine.ts';
import { join, name, sql, type Sql } from '../engine/sql.ts';
import { aliasWords } from './alias-words.ts';
import { comparable, phoneSeparator } from './comparable.ts';
import { phoneDigits, phoneForm } from './phone-form.ts';
import type { Form } from './plan-rules.ts';
import type { UnifyLists } from './read-lists.ts';
import { streetForm } from './street-form.ts';
import type { UnifyPlan } from './unify-plan.ts';
import { createScratch, replaceScratch, scratch, scratchTable } from './unify-tables.ts';

/** How many records have a value that agrees with nothing because a list says so. */
export interface Bypassed {
  attribute: string;
  records: number;
}

/** The column of the scratch table `compared` that holds a form. */
export function formColumn(place: number): string {
  // An attribute cannot begin with "_".
  return `_form_${place}`;
}

/**
 * Fills the scratch table `compared (_n, _position, _form_0, …)`: every record in the forms that rules speak of,
 * each made once however many rules use it. What SQL cannot make is made here, once for each distinct value.
 */
export async function compareRecords(
  engine: Engine,
  plan: UnifyPlan,
  lists: UnifyLists,
): Promise<Bypassed[]> {
  const places = plan.forms.map((_, place) => place);
  await putBypass(engine, plan, lists.bypass);
  await engine.commit([replaceScratch('compared', rawForms(engine, plan.forms, lists.bypass.size > 0))]);

  const made: number[] = [];
  for (const place of places) {
    const make = await makerOf(engine, plan, place, lists);
    if (make === undefined) continue;
    await makeForms(engine, place, make);
    made.push(place);
  }
  const silent = places.filter((place) => plan.forms[place]?.bypass);
  if (made.length === 0 && silent.length === 0) return [];

  const values = places.map((place): Sql => {
    const column = name(formColumn(place));
    const own = made.includes(place)
      ? sql`CASE WHEN ${name(madeTable(place), 'input')} IS NULL THEN c.${column} ELSE ${name(madeTable(place), 'form')} END`
      : sql`c.${column}`;
    return sql`${own} AS ${column}`;
  });
  const joins = made.map(
    (place) =>
      sql`LEFT JOIN ${scratch(madeTable(place))} ON ${name(madeTable(place), 'input')} = c.${name(formColumn(place))}`,
  );
  const select = join([sql`c._n`, sql`c._position`, ...values]);
  await engine.commit([
    replaceScratch('compared', sql`SELECT ${select} FROM ${scratch('compared')} c ${join(joins, ' ')}`),
  ]);
  return silent.length === 0 ? [] : passOver(engine, plan, silent);
}

/** The values to be passed over become records of their own with negative numbers, so that they are normalised alike. */
async function putBypass(engine: Engine, plan: UnifyPlan, bypass: UnifyLists['bypass']): Promise<void> {
  if (bypass.size === 0) return;
  const written: Column[] = [
    { name: 'attribute', type: 'text' },
    { name: 'value', type: 'text' },
  ];
  const rows = [...bypass].flatMap(([attribute, values]) => values.map((value) => [attribute, value]));
  const values = plan.attributes.map(
    (attribute) =>
      sql`CASE WHEN attribute = ${attribute.name} THEN ${engine.dialect.tryCast(sql`value`, attribute.type)} END AS ${name(attribute.name)}`,
  );
  await engine.commit([
    createScratch(engine.dialect, 'bypass_value', written),
    { into: scratchTable('bypass_value'), columns: written, rows },
    replaceScratch(
      'bypass',
      sql`SELECT -row_number() OVER (ORDER BY attribute, value) AS _n, -1 AS _position, ${join(values)} FROM ${scratch('bypass_value')}`,
    ),
  ]);
}

function rawForms(engine: Engine, forms: readonly Form[], withBypass: boolean): Sql {
  const columns = join([
    sql`_n`,
    sql`_position`,
    ...forms.map((form, place) => sql`${comparable(engine.dialect, form)} AS ${name(formColumn(place))}`),
  ]);
  const records = sql`SELECT ${columns} FROM ${scratch('record')}`;
  return withBypass ? sql`${records} UNION ALL SELECT ${columns} FROM ${scratch('bypass')}` : records;
}

/** What JavaScript makes of a form that SQL has begun; null agrees with nothing. */
type Make = (input: string) => string | null;

async function makerOf(
  engine: Engine,
  plan: UnifyPlan,
  place: number,
  lists: UnifyLists,
): Promise<Make | undefined> {
  const form = plan.forms[place] as Form;
  const { attribute, normaliser } = form;
  if (normaliser.as === 'phone') {
    const dummies = new Set(lists.bypass.get(attribute.name)?.map(phoneDigits));
    return (input) => {
      const [text = '', country = ''] = input.split(phoneSeparator);
      // A dummy is one in every country, and those of the list say none.
      return dummies.has(phoneDigits(text)) ? null : phoneForm(text, country, normaliser.defaultCountry);
    };
  }
  const groups = lists.aliases.get(place);
  const alias = groups === undefined ? undefined : aliasWords(await asCompared(engine, form, groups));
  if (normaliser.as !== 'address') return alias;
  return alias === undefined ? streetForm : (input) => streetForm(alias(input));
}

/** The words of alias groups in the form in which they will be met. */
async function asCompared(
  engine: Engine,
  form: Form,
  groups: readonly (readonly string[])[],
): Promise<string[][]> {
  const columns: Column[] = [
    { name: 'place', type: 'integer' },
    { name: 'word', type: 'integer' },
    { name: 'value', type: 'text' },
  ];
  await engine.commit([
    sql`DROP TABLE IF EXISTS ${scratch('alias')}`,
    createScratch(engine.dialect, 'alias', columns),
    {
      into: scratchTable('alias'),
      columns,
      rows: groups.flatMap((group, place) => group.map((value, word) => [place, word, value])),
    },
  ]);
  const attribute = { ...form.attribute, name: 'value', type: 'text' as const };
  const rows = await engine.rows<{ place: number; form: string | null }>(
    sql`SELECT place, ${comparable(engine.dialect, { ...form, attribute })} AS form FROM ${scratch('alias')} ORDER BY place, word`,
  );
  const compared = groups.map((): string[] => []);
  for (const { place, form: word } of rows) if (word !== null) compared[place]?.push(word);
  return compared;
}

const madeColumns: Column[] = [
  { name: 'input', type: 'text' },
  { name: 'form', type: 'text' },
];

function madeTable(place: number): string {
  return `made_${place}`;
}

/** Fills the scratch table of a form with what changes; a page at a time, as there may be a million. */
async function makeForms(engine: Engine, place: number, make: Make): Promise<void> {
  await engine.commit([createScratch(engine.dialect, madeTable(place), madeColumns)]);
  const column = name(formColumn(place));
  const distinct = sql`SELECT DISTINCT ${column} AS input FROM ${scratch('compared')} WHERE ${column} IS NOT NULL`;
  let rows: (string | null)[][] = [];
  const flush = async (): Promise<void> => {
    await engine.commit([{ into: scratchTable(madeTable(place)), columns: madeColumns, rows }]);
    rows = [];
  };
  for await (const page of engine.pages<{ input: string }>(distinct)) {
    for (const { input } of page) {
      const form = make(input);
      if (form !== input) rows.push([input, form]);
    }
    if (rows.length >= 50_000) await flush();
  }
  await flush();
}

/** Takes away values that stand in a list, and then the records that the lists were made of. */
async function passOver(engine: Engine, plan: UnifyPlan, silent: readonly number[]): Promise<Bypassed[]> {
  const spoken = plan.forms.map((_, place): Sql => {
    const column = name(formColumn(place));
    if (!silent.includes(place)) return sql`c.${column}`;
    return sql`CASE WHEN c.${column} IN (
      SELECT ${column} FROM ${scratch('compared')} WHERE _n < 0 AND ${column} IS NOT NULL
    ) THEN NULL ELSE c.${column} END AS ${column}`;
  });
  await engine.commit([
    replaceScratch(
      'spoken',
      sql`SELECT c._n, c._position, ${join(spoken)} FROM ${scratch('compared')} c WHERE c._n > 0`,
    ),
    sql`DROP TABLE ${scratch('compared')}`,
    sql`ALTER TABLE ${scratch('spoken')} RENAME TO compared`,
  ]);
  const silenced: Bypassed[] = [];
  for (const place of silent) {
    const form = plan.forms[place] as Form;
    const [row] = await engine.rows<{ n: number }>(sql`
      SELECT count(*) AS n FROM ${scratch('compared')} c JOIN ${scratch('record')} r ON r._n = c._n
      WHERE ${name('c', formColumn(place))} IS NULL AND ${comparable(engine.dialect, form)} IS NOT NULL`);
    silenced.push({ attribute: form.attribute.name, records: row?.n ?? 0 });
  }
  // Two forms of one attribute silence the same values.
  return [...new Map(silenced.map((entry) => [entry.attribute, entry])).values()];
}
