import type { Column } from './engine.ts';

/**
 * A file that an engine can read as rows, by a path on the engine's own machine. Everything about it is said
 * here; an engine never guesses.
 */
export type DataFile =
  /**
   * Text in UTF-8 without a header and without broken records; empty cells are NULL, quoted or not.
   * Records end with LF.
   */
  | {
      format: 'csv';
      path: string;
      /** The cells in their order; the engine parses the text of all but `text` columns by its own rules. */
      columns: readonly Column[];
      /** One ASCII character. */
      delimiter: string;
      /** One ASCII character, doubled inside quotes; null: quotes mean nothing. */
      quote: string | null;
      /** Whether a quoted cell may hold a line end: an engine may read the file in pieces only where none does. */
      multiline: boolean;
    }
  /** Its own columns, and `file_row_number` from 0. */
  | { format: 'parquet'; path: string };

/** The longest record of a `csv` file in bytes that every engine must take. */
export const longestRecord = 4_000_000;
