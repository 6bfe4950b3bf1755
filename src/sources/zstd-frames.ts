import type { FileHandle } from 'node:fs/promises';

/** Where a frame stands in its file, in bytes; `end` is the last of them. */
export interface ZstdFrame {
  start: number;
  end: number;
}

/**
 * The frames of a zstd file (RFC 8878, §3.1), found by the sizes that they state. `zstd` in threads and `cat` make files
 * of several, and Node's stream ends in silence after the first. A frame that is cut off is given up to the file's end,
 * and so is what is no frame: whoever unpacks them finds out.
 */
export async function* zstdFrames(handle: FileHandle): AsyncGenerator<ZstdFrame, void> {
  const { size } = await handle.stat();
  const read = async (at: number, length: number): Promise<Buffer> => {
    const buffer = Buffer.alloc(length);
    await handle.read(buffer, 0, length, at);
    return buffer;
  };
  for (let start = 0; start < size;) {
    const head = await read(start, 8);
    const magic = head.readUInt32LE();
    let next: number;
    if (magic === 0xfd2fb528) {
      next = await endOfFrame(start, head[4] as number, size, read);
      yield { start, end: Math.min(next, size) - 1 };
    } else if (magic >>> 4 === 0x184d2a5) {
      // A skippable frame: notes of the program that packed it.
      next = start + 8 + head.readUInt32LE(4);
    } else {
      next = size;
      yield { start, end: size - 1 };
    }
    start = next;
  }
}

async function endOfFrame(
  start: number,
  descriptor: number,
  size: number,
  read: (at: number, length: number) => Promise<Buffer>,
): Promise<number> {
  const oneSegment = (descriptor & 0x20) !== 0;
  const contentSize = [oneSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] as number;
  const dictionary = [0, 1, 2, 4][descriptor & 3] as number;
  let at = start + 5 + (oneSegment ? 0 : 1) + dictionary + contentSize;
  for (let last = false; !last && at < size;) {
    const block = (await read(at, 3)).readUIntLE(0, 3);
    last = (block & 1) === 1;
    const repeated = ((block >> 1) & 3) === 1;
    at += 3 + (repeated ? 1 : block >> 3);
  }
  return at + ((descriptor & 4) === 0 ? 0 : 4);
}
