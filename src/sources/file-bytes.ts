import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { inputError, PostriderError } from '../base/errors.ts';
import { unreadable, type SourceFile } from './find-files.ts';
import { zstdFrames } from './zstd-frames.ts';

const pieceBytes = 1 << 20;

type Packing = 'gzip' | 'zstd';

/**
 * The content of a file in pieces of 1 MiB, the last one shorter, unpacked where it is packed. What it is packed with is
 * seen by its first bytes: names are changed by people and by mail programs.
 * @throws `source_file_unreadable`
 */
export async function* fileBytes(file: SourceFile): AsyncGenerator<Buffer, void> {
  const packing = await packingOf(file);
  if (packing === undefined) yield* plainBytes(file);
  else yield* unpackedBytes(file, packing);
}

async function packingOf(file: SourceFile): Promise<Packing | undefined> {
  const start = Buffer.alloc(4);
  try {
    const handle = await open(file.path);
    try {
      await handle.read(start, 0, 4);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw unreadable(file.shown, error);
  }
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip';
  return start.readUInt32LE() === 0xfd2fb528 ? 'zstd' : undefined;
}

async function* plainBytes(file: SourceFile): AsyncGenerator<Buffer, void> {
  try {
    const handle = await open(file.path);
    try {
      for (;;) {
        // A new buffer each time: the one before may still be in use by whoever took it.
        const buffer = Buffer.allocUnsafe(pieceBytes);
        const { bytesRead } = await handle.read(buffer, 0, pieceBytes);
        if (bytesRead === 0) return;
        yield buffer.subarray(0, bytesRead);
      }
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw error instanceof PostriderError ? error : unreadable(file.shown, error);
  }
}

async function* unpackedBytes(file: SourceFile, packing: Packing): AsyncGenerator<Buffer, void> {
  try {
    let held: Buffer[] = [];
    let size = 0;
    for await (const chunk of unpackedChunks(file, packing)) {
      held.push(chunk);
      size += chunk.length;
      // Readers tell a small file by the size of its first piece.
      if (size < pieceBytes) continue;
      yield Buffer.concat(held);
      held = [];
      size = 0;
    }
    if (size > 0) yield Buffer.concat(held);
  } catch (error) {
    throw error instanceof PostriderError ? error : broken(file, packing, error);
  }
}

async function* unpackedChunks(file: SourceFile, packing: Packing): AsyncGenerator<Buffer, void> {
  const handle = await open(file.path);
  try {
    // Of gzip's parts Node's stream reads one after the other by itself.
    for await (const part of packing === 'zstd' ? zstdFrames(handle) : [{}]) {
      const packed = createReadStream(file.path, { ...part, highWaterMark: pieceBytes });
      const unpacking = unpacker(packing);
      packed.on('error', (error) => unpacking.destroy(error));
      try {
        for await (const chunk of packed.pipe(unpacking) as Readable & AsyncIterable<Buffer>) yield chunk;
      } finally {
        packed.destroy();
        unpacking.destroy();
      }
    }
  } finally {
    await handle.close();
  }
}

function unpacker(packing: Packing) {
  switch (packing) {
    case 'gzip':
      return createGunzip({ chunkSize: pieceBytes });
    case 'zstd':
      // A window of 128 MiB, as `zstd --long` makes it; more would be memory at the file's command.
      return createZstdDecompress({
        chunkSize: pieceBytes,
        params: { [constants.ZSTD_d_windowLogMax]: 27 },
      });
    default:
      throw new Error(`no such packing: ${String(packing satisfies never)}`);
  }
}

function broken(file: SourceFile, packing: Packing, cause: unknown): PostriderError {
  return inputError(
    'source_file_unreadable',
    `${file.shown} cannot be unpacked: it is no whole ${packing} file.`,
    'It may have been cut off while it was copied: copy or write it again. What was loaded before stays.',
    cause,
  );
}
