import { z } from 'zod';
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

/** What a column holds, where the text alone would not say so. A cell that does not fit rejects its row. */
export const declaredColumn = z
  .discriminatedUnion('type', [
    z.strictObject({ type: z.literal('text').describe('Kept as it stands, 007 too.') }),
    z.strictObject({
      type: z.literal('integer').describe('A whole number.'),
      format: numberFormat.optional(),
    }),
    z.strictObject({ type: z.literal('number').describe('A number.'), format: numberFormat.optional() }),
    z.strictObject({
      type: z.literal('boolean').describe('True or false.'),
      format: z
        .string()
        .regex(/^[^/\s]+\/[^/\s]+$/, 'Write the word for true, a slash and the word for false, as in yes/no.')
        .optional()
        .describe(
          'The words for true and false, as in yes/no or Y/N; case does not matter. Absent: true/false.',
        ),
    }),
    z.strictObject({ type: z.literal('date').describe('A day.'), format: timeFormat.optional() }),
    z.strictObject({
      type: z.literal('time').describe('An instant; without an offset it is taken as UTC.'),
      format: timeFormat.optional(),
    }),
  ])
  .describe('The type of one column and how its cells are written.');

const common = {
  name: nameOf.optional().describe('What people see; absent: the id.'),
  path: nameOf.describe(
    'The file, relative to the folder of the workspace file; * and ** read several as one.',
  ),
  key: z
    .union([nameOf, z.array(nameOf).min(1).max(16)])
    .optional()
    .describe('The column, or columns, that tell one row from every other. A related table may have none.'),
  columns: z
    .record(nameOf, declaredColumn)
    .optional()
    .describe('Types of columns by name. Others get theirs from all their values.'),
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
  })
  .describe('A CSV file, or several with the same columns.');

export const jsonlConfig = z
  .strictObject({ type: z.literal('jsonl').describe('One JSON object a line, in UTF-8.'), ...common })
  .describe('A JSON lines file, or several.');

export const parquetConfig = z
  .strictObject({ type: z.literal('parquet').describe('Apache Parquet.'), ...common })
  .describe('A Parquet file, or several with the same columns.');

/** A source that is read from files. */
export const sourceConfig = z.discriminatedUnion('type', [csvConfig, jsonlConfig, parquetConfig]);

export type CsvConfig = z.infer<typeof csvConfig>;
export type SourceConfig = z.infer<typeof sourceConfig>;
export type DeclaredColumn = z.infer<typeof declaredColumn>;

/** The key's columns in their order; empty where there is no key. */
export function keyColumns(config: Pick<SourceConfig, 'key'>): string[] {
  if (config.key === undefined) return [];
  return typeof config.key === 'string' ? [config.key] : config.key;
}
