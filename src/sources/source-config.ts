import { z } from 'zod';
import { databaseUrlProblem } from './database-url.ts';
import { semantics } from './semantics.ts';
import { parseTimePattern } from './time-format.ts';

const nameOf = z.string().min(1);

const timeFormat = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    try {
      parseTimePattern(text);
    } catch (error) {
      context.addIssue({ code: 'custom', message: (error as Error).message });
    }
  })
  .describe(
    'How the cells are written: YYYY, YY, MM (two digits), M (one or two), DD, D, HH, H, mm, ss, and T or anything that is no letter as itself. As in M/D/YYYY. Absent: ISO 8601.',
  );

const numberFormat = z
  .enum(['plain', 'money', 'money-comma'])
  .describe(
    'plain (the default): 1234.5; money: a currency sign or code, commas between thousands and a decimal point, as in $90,000.50; money-comma: the other way round, as in 1.234,50 lei.',
  );

const semantic = z
  .enum([...semantics, 'none'])
  .optional()
  .describe('What the cells mean. Absent: as proposed from name and content; none: nothing in particular.');

/** What a column holds, where the text alone would not say so. A cell that does not fit rejects its row. */
export const declaredColumn = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text').describe('Kept as it stands, 007 too.'), semantic }),
    z.strictObject({
      type: z.literal('integer').describe('A whole number.'),
      format: numberFormat.optional(),
      semantic,
    }),
    z.strictObject({
      type: z.literal('number').describe('A number.'),
      format: numberFormat.optional(),
      semantic,
    }),
    z.strictObject({
      type: z.literal('boolean').describe('True or false.'),
      format: z
        .string()
        .regex(/^[^/\s]+\/[^/\s]+$/, 'Write the word for true, a slash and the word for false, as in yes/no.')
        .optional()
        .describe(
          'The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false.',
        ),
      semantic,
    }),
    z.strictObject({ type: z.literal('date').describe('A day.'), format: timeFormat.optional(), semantic }),
    z.strictObject({
      type: z.literal('time').describe('An instant; without an offset it is taken as UTC.'),
      format: timeFormat.optional(),
      semantic,
    }),
  ])
  .describe('The type of one column, how its cells are written, and what they mean.');

const anySource = {
  name: nameOf.optional().describe('What people see; absent: the id.'),
  key: z
    .union([nameOf, z.array(nameOf).min(1).max(16)])
    .optional()
    .describe('The column, or columns, that tell one row from every other. A related table may have none.'),
  columns: z
    .record(nameOf, declaredColumn)
    .optional()
    .describe('Types of columns by name. Others get theirs from all their values.'),
};

// In the order in which stored settings have them: in another one, applying the same file would look like a change.
const common = {
  name: anySource.name,
  path: nameOf.describe(
    'The file, relative to the folder of the workspace file; * and ** read several as one, a folder all of its files of this type. It may be packed with gzip or zstd.',
  ),
  key: anySource.key,
  columns: anySource.columns,
};

export const csvConfig = z
  .strictObject({
    type: z.literal('csv').describe('Text with delimiters.'),
    ...common,
    delimiter: z
      .enum([',', ';', 'tab', '|'])
      .optional()
      .describe('What stands between cells. Absent: the one with which the first records agree best.'),
    quote: z
      .enum(['"', "'", 'none'])
      .optional()
      .describe(
        'What cells with delimiters or line ends stand in, doubled inside; absent: "; none: quotes mean nothing.',
      ),
    encoding: z
      .enum(['utf-8', 'windows-1252', 'utf-16'])
      .optional()
      .describe(
        'How the bytes are to be read. Absent: utf-8, and anything else is an error rather than a guess.',
      ),
    header: z
      .boolean()
      .optional()
      .describe(
        'Whether the first record holds the names of the columns. Absent: true; false: column_1, column_2, …',
      ),
    changes: nameOf
      .optional()
      .describe(
        'Files with new and changed rows, as in changes/*.csv: each replaces the rows with the same keys, in the order of the files’ names, and is read once. Needs a key.',
      ),
    deletions: nameOf
      .optional()
      .describe('Files with the keys of rows that are gone, as in deletions/*.csv. Needs a key.'),
  })
  .superRefine((config, context) => {
    for (const field of ['changes', 'deletions'] as const) {
      if (config[field] !== undefined && config.key === undefined)
        context.addIssue({
          code: 'custom',
          path: [field],
          message: `needs a "key", by which rows are found again`,
        });
    }
  })
  .describe('A CSV file, or several with the same columns.');

export const jsonConfig = z
  .strictObject({
    type: z
      .literal('json')
      .describe('A JSON file in UTF-8: one list of objects, or one object with one list.'),
    ...common,
  })
  .describe('A JSON file, or several.');

export const jsonlConfig = z
  .strictObject({ type: z.literal('jsonl').describe('One JSON object a line, in UTF-8.'), ...common })
  .describe('A JSON lines file, or several.');

export const parquetConfig = z
  .strictObject({ type: z.literal('parquet').describe('Apache Parquet.'), ...common })
  .describe('A Parquet file, or several with the same columns.');

export const postgresConfig = z
  .strictObject({
    type: z.literal('postgres').describe('A table of a PostgreSQL database, or what a query says.'),
    ...anySource,
    url: z
      .string()
      .superRefine((url, context) => {
        const message = databaseUrlProblem(url);
        if (message !== undefined) context.addIssue({ code: 'custom', message });
      })
      .describe(
        'Where the database is: "$${SHOP_DB}" names the variable of the environment that holds postgres://user:password@host/database; it is read at each refresh and not stored.',
      ),
    table: nameOf.optional().describe('The table or view, as in public.customers.'),
    query: nameOf.optional().describe('In place of a table: one SELECT.'),
    incremental: z
      .strictObject({
        column: nameOf.describe('A column that grows with each change of a row, as in updated_at.'),
        overlap: z
          .int()
          .min(0)
          .max(100_000)
          .default(60)
          .describe(
            'How far before the last value rows are read again: minutes of a column of times, else numbers.',
          ),
      })
      .optional()
      .describe(
        'Reads only what has changed since the last refresh. Rows that are deleted stay. Needs a key.',
      ),
    timeout: z
      .int()
      .min(1)
      .max(86_400)
      .default(600)
      .describe('How many seconds the database may take for one step.'),
  })
  .superRefine((config, context) => {
    if ((config.table === undefined) === (config.query === undefined))
      context.addIssue({ code: 'custom', path: ['table'], message: 'either "table" or "query" is needed' });
    if (config.incremental !== undefined && config.key === undefined)
      context.addIssue({
        code: 'custom',
        path: ['incremental'],
        message: 'needs a "key", by which rows are found again',
      });
  })
  .describe('A table of a PostgreSQL database.');

/** Where a table comes from. */
export const sourceConfig = z.discriminatedUnion('type', [
  csvConfig,
  jsonConfig,
  jsonlConfig,
  parquetConfig,
  postgresConfig,
]);

export type CsvConfig = z.infer<typeof csvConfig>;
export type PostgresConfig = z.infer<typeof postgresConfig>;
export type SourceConfig = z.infer<typeof sourceConfig>;
export type FileConfig = Exclude<SourceConfig, PostgresConfig>;
export type DeclaredColumn = z.infer<typeof declaredColumn>;

/** The key's columns in their order; empty where there is no key. */
export function keyColumns(config: Pick<SourceConfig, 'key'>): string[] {
  if (config.key === undefined) return [];
  return typeof config.key === 'string' ? [config.key] : config.key;
}

const packings = ['', '.gz', '.zst'];

/** How the files of a folder end that are meant where only the folder is named. */
export function fileEndings(type: FileConfig['type']): string[] {
  const packed = (...endings: string[]) => endings.flatMap((one) => packings.map((packing) => one + packing));
  switch (type) {
    case 'csv':
      return packed('csv', 'tsv', 'txt');
    case 'json':
      return packed('json');
    case 'jsonl':
      return packed('jsonl', 'ndjson');
    case 'parquet':
      return ['parquet'];
    default:
      throw new Error(`no such type of file: ${String(type satisfies never)}`);
  }
}
