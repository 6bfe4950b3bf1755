import { open, rename, type FileHandle } from 'node:fs/promises';

// Large enough that the disk is asked seldom, small enough to stay out of the way.
const chunkCharacters = 1 << 18;

/**
 * A CSV file (RFC 4180, UTF-8, line feeds) written piece by piece in constant memory. Only `close` makes it
 * appear under its name: readers see the old file or the whole new one.
 */
export class CsvFile {
  readonly path: string;
  /** Records so far, the header not counted. */
  records = 0;
  #handle: FileHandle;
  #waiting: string;

  private constructor(path: string, handle: FileHandle, header: string) {
    this.path = path;
    this.#handle = handle;
    this.#waiting = `${header}\n`;
  }

  static async create(path: string, columns: readonly string[]): Promise<CsvFile> {
    return new CsvFile(path, await open(`${path}.new`, 'w'), columns.join(','));
  }

  /** @param line cells joined by commas, each through `cell` where it may need quotes */
  add(line: string): void {
    this.#waiting += `${line}\n`;
    this.records += 1;
  }

  /** Whether `flush` should be awaited before more is added. */
  get full(): boolean {
    return this.#waiting.length >= chunkCharacters;
  }

  async flush(): Promise<void> {
    const text = this.#waiting;
    this.#waiting = '';
    await this.#handle.writeFile(text);
  }

  async close(): Promise<void> {
    await this.flush();
    await this.#handle.close();
    await rename(`${this.path}.new`, this.path);
  }
}

/** A value as a cell: in quotes where it holds a comma, a quote or a line break. */
export function cell(value: string): string {
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
