/** How one CSV file is written, in bytes. */
export interface CsvFormat {
  delimiter: number;
  /** null: quotes mean nothing. */
  quote: number | null;
}

/** The longest record in bytes. A quote that is open for longer is taken never to close. */
export const longestCsvRecord = 1_000_000;

const lf = 10;
const cr = 13;

/**
 * What stands at a place of the text:
 * `record` one whole record; `more` the end of the record is not in these bytes yet;
 * `open quote`, `text after quote` a record whose quotes do not work out; `too long` no end within the limit.
 */
export type Scan = 'record' | 'more' | 'open quote' | 'text after quote' | 'too long';

/**
 * Finds where records end, byte by byte; delimiters, quotes and line ends are ASCII, so UTF-8 needs no decoding.
 * RFC 4180 with three additions: LF, CRLF and CR all end a record; a quote inside an unquoted cell is itself;
 * the last record needs no line end.
 *
 * One object is used for millions of records: what is known of the last one is in its fields, not in a new object.
 */
export class CsvScanner {
  readonly format: CsvFormat;
  /** Where the record's text ends, … */
  end = 0;
  /** … and where the next one begins. For broken records: where the trouble was seen. */
  next = 0;
  cells = 0;
  /** Line ends inside quotes. */
  innerLines = 0;
  /** Whether an unquoted cell holds a quote. */
  strayQuote = false;

  constructor(format: CsvFormat) {
    this.format = format;
  }

  /** @param last whether no bytes come after these */
  scan(bytes: Buffer, start: number, last: boolean): Scan {
    const { delimiter, quote } = this.format;
    const limit = Math.min(bytes.length, start + longestCsvRecord);
    const cut = limit < bytes.length;
    let at = start;
    this.cells = 1;
    this.innerLines = 0;
    this.strayQuote = false;
    for (;;) {
      if (quote !== null && bytes[at] === quote) {
        at = this.#quoted(bytes, at + 1, limit, last);
        if (at < 0) return this.#ended(limit, cut || last ? 'open quote' : 'more');
      } else {
        for (; at < limit; at += 1) {
          const byte = bytes[at];
          if (byte === delimiter || byte === lf || byte === cr) break;
          if (byte === quote) this.strayQuote = true;
        }
      }
      if (at >= limit) {
        if (cut) return this.#ended(limit, 'too long');
        if (!last) return 'more';
        this.end = limit;
        return this.#ended(limit, 'record');
      }
      const byte = bytes[at];
      if (byte === delimiter) {
        this.cells += 1;
        at += 1;
        continue;
      }
      this.end = at;
      if (byte === lf) return this.#ended(at + 1, 'record');
      if (byte !== cr) return this.#ended(at, 'text after quote');
      if (at + 1 === bytes.length && !last) return 'more';
      return this.#ended(bytes[at + 1] === lf ? at + 2 : at + 1, 'record');
    }
  }

  /** From behind the opening quote to behind the closing one; -1 where these bytes hold none before the limit. */
  #quoted(bytes: Buffer, start: number, limit: number, last: boolean): number {
    const { quote } = this.format;
    for (let at = start; at < limit; at += 1) {
      const byte = bytes[at];
      if (byte === quote) {
        // At the very end of the bytes it may be the first half of a doubled one.
        if (at + 1 === bytes.length && !last) return -1;
        if (bytes[at + 1] !== quote) return at + 1;
        at += 1;
      } else if (byte === lf || (byte === cr && bytes[at + 1] !== lf)) {
        this.innerLines += 1;
      }
    }
    return -1;
  }

  #ended(next: number, scan: Scan): Scan {
    this.next = next;
    return scan;
  }
}

/** The cells of one record that the scanner found whole. */
export function splitRecord(record: string, format: CsvFormat): string[] {
  const delimiter = String.fromCharCode(format.delimiter);
  const quote = format.quote === null ? undefined : String.fromCharCode(format.quote);
  const cells: string[] = [];
  for (let at = 0; ;) {
    let cell = '';
    if (quote !== undefined && record[at] === quote) {
      at += 1;
      for (;;) {
        const close = record.indexOf(quote, at);
        cell += record.slice(at, close);
        at = close + 1;
        if (record[at] !== quote) break;
        cell += quote;
        at += 1;
      }
    } else {
      const end = record.indexOf(delimiter, at);
      cell = record.slice(at, end === -1 ? record.length : end);
      at = end === -1 ? record.length : end;
    }
    cells.push(cell);
    if (at >= record.length) return cells;
    at += 1;
  }
}

/** Whether the byte ends a line. */
export function isLineEnd(byte: number | undefined): boolean {
  return byte === lf || byte === cr;
}

/** Where the line that holds `start` ends, and where the next begins; undefined where these bytes do not tell. */
export function lineEnd(
  bytes: Buffer,
  start: number,
  last: boolean,
): { end: number; next: number } | undefined {
  let at = start;
  while (at < bytes.length && !isLineEnd(bytes[at])) at += 1;
  if (at === bytes.length) return last ? { end: at, next: at } : undefined;
  if (bytes[at] === lf) return { end: at, next: at + 1 };
  if (at + 1 === bytes.length && !last) return undefined;
  return { end: at, next: bytes[at + 1] === lf ? at + 2 : at + 1 };
}
