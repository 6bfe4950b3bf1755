import { open, type FileHandle } from 'node:fs/promises';

const bufferBytes = 1 << 20;

/**
 * Writes many small pieces to one file. `add…` only fill a buffer, so that millions of records cost no promise each;
 * call `drain` where `full` says so.
 */
export class RecordWriter {
  readonly path: string;
  readonly #handle: FileHandle;
  #buffer = Buffer.allocUnsafe(bufferBytes);
  #used = 0;

  private constructor(path: string, handle: FileHandle) {
    this.path = path;
    this.#handle = handle;
  }

  static async create(path: string): Promise<RecordWriter> {
    return new RecordWriter(path, await open(path, 'wx', 0o600));
  }

  get full(): boolean {
    return this.#used > bufferBytes / 2;
  }

  add(text: string): void {
    const size = text.length * 3;
    this.#room(size);
    this.#used += this.#buffer.write(text, this.#used);
  }

  addBytes(bytes: Buffer, start: number, end: number): void {
    this.#room(end - start);
    this.#used += bytes.copy(this.#buffer, this.#used, start, end);
  }

  async drain(): Promise<void> {
    const buffer = this.#buffer.subarray(0, this.#used);
    for (let at = 0; at < buffer.length;) {
      at += (await this.#handle.write(buffer, at, buffer.length - at)).bytesWritten;
    }
    this.#used = 0;
  }

  async close(): Promise<void> {
    await this.drain();
    await this.#handle.close();
  }

  /** After a failure: what was written does not matter any more. */
  async abandon(): Promise<void> {
    await this.#handle.close().catch(() => undefined);
  }

  #room(size: number): void {
    if (this.#used + size <= this.#buffer.length) return;
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#used + size));
    this.#buffer.copy(larger, 0, 0, this.#used);
    this.#buffer = larger;
  }
}
