import type { CsvConfig } from './source-config.ts';
import { CsvScanner, isLineEnd, type CsvFormat } from './csv-scanner.ts';

const delimiters = { ',': 44, ';': 59, tab: 9, '|': 124 } as const;

/**
 * How the file is written: what is declared, and for an absent delimiter the first of , ; tab | with which the most of
 * the first 50 records have as many cells as the header, of which there must be two. Where none has: a comma.
 * @param start the first bytes of the text
 */
export function csvFormat(
  config: Pick<CsvConfig, 'delimiter' | 'quote'>,
  start: Buffer,
  whole: boolean,
): CsvFormat {
  const quote = config.quote === 'none' ? null : (config.quote ?? '"').charCodeAt(0);
  if (config.delimiter !== undefined) return { delimiter: delimiters[config.delimiter], quote };
  let best: { delimiter: number; agreeing: number; cells: number } = {
    delimiter: delimiters[','],
    agreeing: 0,
    cells: 0,
  };
  for (const delimiter of Object.values(delimiters)) {
    const counts = firstCounts({ delimiter, quote }, start, whole);
    const cells = counts[0] ?? 0;
    if (cells < 2) continue;
    const agreeing = counts.filter((count) => count === cells).length;
    if (agreeing > best.agreeing || (agreeing === best.agreeing && cells > best.cells))
      best = { delimiter, agreeing, cells };
  }
  return { delimiter: best.delimiter, quote };
}

function firstCounts(format: CsvFormat, start: Buffer, whole: boolean): number[] {
  const scanner = new CsvScanner(format);
  const counts: number[] = [];
  for (let at = 0; at < start.length && counts.length < 51; at = scanner.next) {
    while (isLineEnd(start[at])) at += 1;
    if (at >= start.length || scanner.scan(start, at, whole) !== 'record') break;
    counts.push(scanner.cells);
  }
  return counts;
}
