import { inputError } from '../base/errors.ts';
import { jsonSeparator } from './copy-jsonl.ts';
import { longestCsvRecord } from './csv-scanner.ts';
import { emptyFile, type SourceFile } from './find-files.ts';
import { readText } from './read-text.ts';
import type { RecordWriter } from './record-writer.ts';
import type { RejectFile } from './reject-file.ts';

const quote = 34;
const comma = 44;
const backslash = 92;
const openList = 91;
const closeList = 93;
const openObject = 123;
const closeObject = 125;

/**
 * Copies the items of the one list of a JSON file into `out`, each on a line with its number (from 1) before it; whether
 * an item is good JSON is for the engine to find out. The list is the whole file, or a member of the one object that is.
 * Only brackets and strings are looked at, a piece of the file at a time. Returns how many items it copied.
 * @throws `source_json` where the brackets do not work out or there is not exactly one list
 */
export async function copyJson(file: SourceFile, out: RecordWriter, rejects: RejectFile): Promise<number> {
  let copied = 0;
  let number = 0;
  let inObject = false;
  let ended = false;
  let depth = 0;
  /** Depth inside the list while reading it; 0 before and after. */
  let list = 0;
  let lists = 0;
  let inString = false;
  let escaped = false;
  /** Where the current item begins, -1 between items. */
  let start = -1;
  let hasLineEnd = false;
  let strange = false;
  let rest: Buffer = Buffer.alloc(0);

  for await (const chunk of readText(file, 'utf-8')) {
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const finish = (end: number): void => {
      if (start < 0) throw broken(file, `an item is missing after item ${number}`);
      number += 1;
      if (strange) rejects.add(file.shown, number, 'not JSON', bytes, start, end);
      else {
        out.add(`${number}${jsonSeparator}`);
        if (hasLineEnd) out.add(onOneLine(bytes.toString('utf8', start, end)));
        else out.addBytes(bytes, start, end);
        out.add('\n');
        copied += 1;
      }
      start = -1;
      hasLineEnd = false;
      strange = false;
    };
    for (let at = rest.length; at < bytes.length; at += 1) {
      const byte = bytes[at] as number;
      if (inString) {
        if (escaped) escaped = false;
        else if (byte === backslash) escaped = true;
        else if (byte === quote) inString = false;
        // A line end in a string is no JSON, and must not become a blank by being put on one line.
        if (byte < 32) strange = true;
        continue;
      }
      if (byte === 32 || byte === 9) continue;
      if (byte === 10 || byte === 13) {
        hasLineEnd = true;
        continue;
      }
      if (depth === 0) {
        if (ended) throw severalValues(file);
        if (byte !== openList && byte !== openObject) throw broken(file, 'it begins with something else');
        inObject = byte === openObject;
      }
      const inList = list > 0 && depth === list;
      if (inList && byte === comma) {
        finish(at);
        if (out.full) await out.drain();
        if (rejects.full) await rejects.drain();
        continue;
      }
      if (inList && byte === closeList) {
        if (start >= 0 || number > 0) finish(at);
        list = 0;
      } else if (inList && byte === closeObject) {
        throw broken(file, `its list is closed by a brace after item ${number}`);
      } else if (inList && start < 0) {
        start = at;
        hasLineEnd = false;
      }
      if (byte === quote) inString = true;
      else if (byte === openObject || byte === openList) {
        depth += 1;
        if (byte === openList && list === 0 && depth === (inObject ? 2 : 1)) {
          lists += 1;
          if (lists > 1) throw otherShape(file, 'has several lists');
          list = depth;
        }
      } else if (byte === closeObject || byte === closeList) {
        depth -= 1;
        if (depth === 0) ended = true;
      } else if (byte < 32) strange = true;
    }
    if (start >= 0 && bytes.length - start > longestCsvRecord) throw tooLong(file, number + 1);
    rest = start >= 0 ? bytes.subarray(start) : Buffer.alloc(0);
    if (start >= 0) start = 0;
  }
  if (depth > 0)
    throw broken(file, number === 0 ? 'it ends too soon' : `it ends too soon, after item ${number}`);
  if (!ended) throw emptyFile(file);
  if (lists === 0) throw otherShape(file, 'has no list');
  return copied;
}

function onOneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ');
}

function broken(file: SourceFile, what: string): Error {
  return inputError(
    'source_json',
    `${file.shown} is no whole JSON file: ${what}.`,
    'It may have been cut off: write or copy it again. What was loaded before stays.',
  );
}

function severalValues(file: SourceFile): Error {
  return inputError(
    'source_json',
    `${file.shown} is several JSON values, not one list.`,
    'If there is one object a line, it is JSON lines: write "type: jsonl".',
  );
}

function otherShape(file: SourceFile, what: string): Error {
  return inputError(
    'source_json',
    `${file.shown} ${what}.`,
    'One list of objects is needed, or one object with one list in it; jq can write that, as in: jq .customers',
  );
}

function tooLong(file: SourceFile, item: number): Error {
  return inputError(
    'source_record_too_long',
    `Item ${item} of ${file.shown} is longer than ${longestCsvRecord} bytes.`,
    'Check that this is a list with one object a record.',
  );
}
