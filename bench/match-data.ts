import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import { stringify } from 'csv-stringify/sync';

/** Records whose true person is known. */
export interface TrueRecords {
  /** The name of the source they become. */
  source: string;
  header: string[];
  rows: { key: string; person: string; cells: string[] }[];
}

export type Half = 'tuning' | 'test' | 'whole';

/** Folders of DESIGN's public data with the truth known; read where they lie. */
export const matchData = join(import.meta.dirname, '../../shared/data');

/** Two files of 5,000 Australians who never lived; the number in `rec_id` is the person. */
export function readFebrl4(): TrueRecords[] {
  return ['a', 'b'].map((part) => {
    const { header, rows } = readTable(join(matchData, `febrl4/dataset4${part}.csv`));
    return truthApart(`febrl_${part}`, header, rows, 'rec_id', (id) => id.split('-')[1] ?? '');
  });
}

/** One file of 1,000 records of 251 Britons who never lived; `cluster` is the person. */
export function readFake1000(): TrueRecords[] {
  const { header, rows } = readTable(join(matchData, 'fake-1000/fake_1000.csv'));
  const without = header.indexOf('unique_id');
  return [
    truthApart(
      'fake',
      header.toSpliced(without, 1),
      rows.map((row) => row.toSpliced(without, 1)),
      'cluster',
      (cluster) => cluster,
    ),
  ];
}

/** Which half a person belongs to: by a digest, so that nobody has chosen. */
function halfOf(person: string): Exclude<Half, 'whole'> {
  return (createHash('sha256').update(person).digest()[0] ?? 0) % 2 === 0 ? 'tuning' : 'test';
}

export function only(half: Half, records: readonly TrueRecords[]): TrueRecords[] {
  if (half === 'whole') return [...records];
  return records.map((each) => ({
    ...each,
    rows: each.rows.filter(({ person }) => halfOf(person) === half),
  }));
}

/** Writes records as a CSV file without anything that tells the truth: keys are digests, in whose order rows are taken. */
export function writeRecords(folder: string, { source, header, rows }: TrueRecords): string {
  const file = join(folder, `${source}.csv`);
  writeFileSync(file, stringify([['key', ...header], ...rows.map(({ key, cells }) => [key, ...cells])]));
  return file;
}

function readTable(file: string): { header: string[]; rows: string[][] } {
  const [header = [], ...rows] = parse(readFileSync(file, 'utf8'), { trim: true });
  return { header, rows };
}

function truthApart(
  source: string,
  header: readonly string[],
  rows: readonly string[][],
  column: string,
  personOf: (cell: string) => string,
): TrueRecords {
  const place = header.indexOf(column);
  return {
    source,
    header: header.toSpliced(place, 1),
    rows: rows.map((row, line) => ({
      key: createHash('sha256').update(`${source}:${line}`).digest('hex').slice(0, 16),
      person: personOf(row[place] ?? ''),
      cells: row.toSpliced(place, 1),
    })),
  };
}
