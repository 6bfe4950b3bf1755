import type { SourceId } from '../base/ids.ts';
import type { DataFile } from '../engine/data-file.ts';
import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';
import { rejectColumns } from './loaded-source.ts';
import { RecordWriter } from './record-writer.ts';

const longestRaw = 2000;

/** Rejected records on their way into the reject table: in a file, as there may be as many as there are records. */
export class RejectFile {
  readonly #source: SourceId;
  readonly #writer: RecordWriter;
  count = 0;

  private constructor(source: SourceId, writer: RecordWriter) {
    this.#source = source;
    this.#writer = writer;
  }

  static async create(source: SourceId, path: string): Promise<RejectFile> {
    return new RejectFile(source, await RecordWriter.create(path));
  }

  get full(): boolean {
    return this.#writer.full;
  }

  /** @param line the first line of the record; `start` and `end` are where it stands in `bytes` */
  add(file: string, line: number, reason: string, bytes: Buffer, start: number, end: number): void {
    this.count += 1;
    const raw = bytes.toString('utf8', start, Math.min(end, start + longestRaw)).replace(/\uFFFD$/, '');
    const cells = [this.#source, file, String(line), '', reason, raw];
    this.#writer.add(`${cells.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(',')}\n`);
  }

  drain(): Promise<void> {
    return this.#writer.drain();
  }

  close(): Promise<void> {
    return this.#writer.close();
  }

  abandon(): Promise<void> {
    return this.#writer.abandon();
  }

  /** The SELECT over what was written; after `close`. */
  select(dialect: Dialect): Sql {
    const file: DataFile = {
      format: 'csv',
      path: this.#writer.path,
      columns: rejectColumns,
      delimiter: ',',
      quote: '"',
      multiline: true,
    };
    return sql`SELECT * FROM ${dialect.fileRows(file)}`;
  }
}
