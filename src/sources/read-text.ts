import { isUtf8 } from 'node:buffer';
import iconv from 'iconv-lite';
import { inputError, type PostriderError } from '../base/errors.ts';
import { fileBytes } from './file-bytes.ts';
import type { SourceFile } from './find-files.ts';

export type Encoding = 'utf-8' | 'windows-1252' | 'utf-16';

/**
 * The text of a file as pieces of UTF-8, without a byte order mark; no piece ends inside a character.
 * An empty piece comes last, and only there, so that a reader knows that it has everything.
 * @throws `source_encoding` where the bytes are not what was declared; nothing is guessed or replaced
 */
export async function* readText(file: SourceFile, encoding: Encoding): AsyncGenerator<Buffer, void> {
  const convert = encoding === 'utf-8' ? checkedUtf8(file) : converted(file, encoding);
  const nothing = Buffer.alloc(0);
  let first = true;
  for await (const chunk of fileBytes(file)) {
    if (first) checkStart(chunk, file, encoding);
    const text = convert(chunk, first, false);
    if (text.length > 0) yield text;
    first = false;
  }
  const text = convert(nothing, first, true);
  if (text.length > 0) yield text;
  yield nothing;
}

type Convert = (chunk: Buffer, first: boolean, last: boolean) => Buffer;

function checkedUtf8(file: SourceFile): Convert {
  let lines = 0;
  let held = Buffer.alloc(0);
  return (chunk, first, last) => {
    const whole = Buffer.concat([held, chunk]);
    const end = last ? whole.length : whole.length - openCharacter(whole);
    held = whole.subarray(end);
    const piece = whole.subarray(first && hasUtf8Mark(whole) ? 3 : 0, end);
    if (!isUtf8(piece) || piece.includes(0))
      throw notUtf8(file, lines + firstBadLine(piece), piece.includes(0));
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
    return piece;
  };
}

function converted(file: SourceFile, encoding: 'windows-1252' | 'utf-16'): Convert {
  const decoder = iconv.getDecoder(encoding);
  return (chunk, _first, last) => {
    const piece = Buffer.from(last ? (decoder.end() ?? '') : decoder.write(chunk), 'utf8');
    if (piece.includes(0)) throw mislabelled(file, encoding, 'holds bytes that are no text');
    return piece;
  };
}

function checkStart(chunk: Buffer, file: SourceFile, encoding: Encoding): void {
  const utf16 = (chunk[0] === 0xff && chunk[1] === 0xfe) || (chunk[0] === 0xfe && chunk[1] === 0xff);
  const start = chunk.subarray(0, 4096);
  switch (encoding) {
    case 'utf-8':
      if (utf16) throw notUtf8(file, 1, true);
      return;
    case 'windows-1252':
      if (utf16) throw mislabelled(file, encoding, 'begins with the mark of UTF-16');
      if (hasUtf8Mark(chunk)) throw mislabelled(file, encoding, 'begins with the mark of UTF-8');
      return;
    case 'utf-16':
      if (chunk.length > 0 && !utf16 && !start.includes(0))
        throw mislabelled(file, encoding, 'looks like one byte a character');
      return;
    default:
      throw new Error(`no such encoding: ${String(encoding satisfies never)}`);
  }
}

/** How many bytes at the end belong to a character that goes on in the next piece. */
function openCharacter(bytes: Buffer): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] as number;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2) > back ? back : 0;
  }
  return 0;
}

// Bytes of a line end never stand inside a character, so each line can be judged alone.
function firstBadLine(bytes: Buffer): number {
  let line = 1;
  for (let start = 0; ; line += 1) {
    const end = bytes.indexOf(10, start);
    const piece = bytes.subarray(start, end === -1 ? bytes.length : end);
    if (end === -1 || !isUtf8(piece) || piece.includes(0)) return line;
    start = end + 1;
  }
}

function hasUtf8Mark(bytes: Buffer): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function notUtf8(file: SourceFile, line: number, twoBytes: boolean): PostriderError {
  return inputError(
    'source_encoding',
    `${file.shown} is not UTF-8 (line ${line}).`,
    twoBytes
      ? 'It looks like UTF-16, or like no text at all: declare "encoding: utf-16", or save the file as UTF-8.'
      : 'If it comes from Excel or an older Windows program, declare "encoding: windows-1252"; else save it as UTF-8.',
  );
}

function mislabelled(file: SourceFile, encoding: Encoding, what: string): PostriderError {
  return inputError(
    'source_encoding',
    `${file.shown} is declared as ${encoding}, yet it ${what}.`,
    'Correct "encoding", or leave it out where the file is UTF-8.',
  );
}
