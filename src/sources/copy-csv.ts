import { inputError } from '../base/errors.ts';
import type { CsvConfig } from './source-config.ts';
import { csvFormat } from './csv-format.ts';
import {
  CsvScanner,
  isLineEnd,
  lineEnd,
  longestCsvRecord,
  splitRecord,
  type CsvFormat,
  type Scan,
} from './csv-scanner.ts';
import { emptyFile, type SourceFile } from './find-files.ts';
import { headerNames, type HeaderNames } from './header-names.ts';
import { readText } from './read-text.ts';
import type { RecordWriter } from './record-writer.ts';
import type { RejectFile } from './reject-file.ts';

/** A first piece below this is the whole file, in every encoding: pieces are of 1 MiB of the file's own bytes. */
const smallFile = 1 << 18;

/** What a copy holds: records of `<line><delimiter><cells…>` that need no judgement any more. */
export interface CsvCopy {
  format: CsvFormat;
  header: HeaderNames;
  records: number;
  multiline: boolean;
}

/** So many open quotes are no accident; looking for the end of each is what could take for ever. */
const mostBrokenQuotes = 1000;

/**
 * Copies a CSV file record by record: good ones into `out`, each with its line before it, the others into `rejects`.
 *
 * Why a copy, and not the engine's own reader over the file: that one cannot say on which line a good record stands,
 * swallows what follows an open quote, and differs from engine to engine. The copy has one reading everywhere.
 *
 * A quote that never closes rejects the one line where its record begins; reading goes on with the line after it. Up to
 * where the trouble was seen, a quote in the middle of a cell rejects its line too: it may be the end of that cell.
 */
export async function copyCsv(
  file: SourceFile,
  config: CsvConfig,
  out: RecordWriter,
  rejects: RejectFile,
): Promise<CsvCopy> {
  let copy: CsvCopy | undefined;
  let scanner: CsvScanner | undefined;
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let suspectUntil = 0;
  let broken = 0;
  for await (const chunk of readText(file, config.encoding ?? 'utf-8')) {
    const last = chunk.length === 0;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    scanner ??= new CsvScanner(csvFormat(config, bytes, bytes.length < smallFile));
    let at = 0;
    while (at < bytes.length) {
      if (isLineEnd(bytes[at])) {
        const blank = lineEnd(bytes, at, last);
        if (blank === undefined) break;
        at = blank.next;
        line += 1;
        continue;
      }
      const scan = scanner.scan(bytes, at, last);
      if (scan === 'more') break;
      const { format } = scanner;
      if (scan === 'too long') throw tooLong(file, line);
      if (scan === 'record') {
        const lines = 1 + scanner.innerLines;
        if (copy === undefined) {
          copy = startCopy(
            file,
            config,
            format,
            splitRecord(bytes.toString('utf8', at, scanner.end), format),
          );
          if (config.header !== false) {
            at = scanner.next;
            line += lines;
            continue;
          }
        }
        const wanted = copy.header.names.length;
        if (scanner.cells !== wanted) {
          rejects.add(
            file.shown,
            line,
            `${scanner.cells} cells where there are ${wanted} columns`,
            bytes,
            at,
            scanner.end,
          );
        } else if (scanner.strayQuote && at < suspectUntil) {
          rejects.add(
            file.shown,
            line,
            'a quote in a cell, after one that does not close',
            bytes,
            at,
            scanner.end,
          );
        } else {
          writeRecord(out, format, line, bytes, at, scanner);
          copy.records += 1;
          if (scanner.innerLines > 0) copy.multiline = true;
        }
        at = scanner.next;
        line += lines;
      } else {
        broken += 1;
        if (copy === undefined || broken > mostBrokenQuotes) throw badQuotes(file, line, copy === undefined);
        const first = lineEnd(bytes, at, last);
        if (first === undefined) throw tooLong(file, line);
        suspectUntil = Math.max(suspectUntil, scanner.next);
        rejects.add(file.shown, line, brokenReason(scan), bytes, at, first.end);
        at = first.next;
        line += 1;
      }
      if (out.full) await out.drain();
      if (rejects.full) await rejects.drain();
    }
    rest = bytes.subarray(at);
    suspectUntil = Math.max(0, suspectUntil - at);
  }
  if (copy === undefined) throw emptyFile(file);
  return copy;
}

function startCopy(file: SourceFile, config: CsvConfig, format: CsvFormat, cells: string[]): CsvCopy {
  const header =
    config.header === false
      ? { names: cells.map((_, index) => `column_${index + 1}`), warnings: [] }
      : headerNames(cells, file.shown);
  return { format, header, records: 0, multiline: false };
}

function writeRecord(
  out: RecordWriter,
  format: CsvFormat,
  line: number,
  bytes: Buffer,
  start: number,
  scanner: CsvScanner,
): void {
  const delimiter = String.fromCharCode(format.delimiter);
  out.add(`${line}${delimiter}`);
  if (scanner.strayQuote && format.quote !== null) {
    // Engines differ on a quote inside an unquoted cell, so such a record is written anew, all cells in quotes.
    const quote = String.fromCharCode(format.quote);
    const cells = splitRecord(bytes.toString('utf8', start, scanner.end), format);
    out.add(cells.map((cell) => quote + cell.replaceAll(quote, quote + quote) + quote).join(delimiter));
  } else {
    out.addBytes(bytes, start, scanner.end);
  }
  out.add('\n');
}

function brokenReason(scan: Exclude<Scan, 'record' | 'more' | 'too long'>): string {
  switch (scan) {
    case 'open quote':
      return 'a quote that never closes';
    case 'text after quote':
      return 'text after a closing quote';
    default:
      throw new Error(`no such scan: ${String(scan satisfies never)}`);
  }
}

function badQuotes(file: SourceFile, line: number, inHeader: boolean): Error {
  return inputError(
    'source_quotes',
    inHeader
      ? `The header of ${file.shown} (line ${line}) has a quote that does not close.`
      : `More than ${mostBrokenQuotes} records of ${file.shown} have a quote that does not close, the last on line ${line}.`,
    'Correct the file, or declare "quote" (none: quotes mean nothing).',
  );
}

function tooLong(file: SourceFile, line: number): Error {
  return inputError(
    'source_record_too_long',
    `The record on line ${line} of ${file.shown} is longer than ${longestCsvRecord} bytes.`,
    'Check that this is a CSV file with one record a line, and that "delimiter" and "quote" are right.',
  );
}
