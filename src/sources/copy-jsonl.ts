import { inputError } from '../base/errors.ts';
import { lineEnd, longestCsvRecord } from './csv-scanner.ts';
import { emptyFile, type SourceFile } from './find-files.ts';
import { readText } from './read-text.ts';
import type { RecordWriter } from './record-writer.ts';
import type { RejectFile } from './reject-file.ts';

/** Stands between line number and object in the copy: a control character, which JSON holds only as an escape. */
export const jsonSeparator = '\u001f';

/** A line may be as long as a CSV record. */
const longestLine = longestCsvRecord;

/**
 * Copies the lines that are not blank into `out`, each with its number before it; whether they are JSON is for the
 * engine to find out. Returns how many it copied.
 */
export async function copyLines(file: SourceFile, out: RecordWriter, rejects: RejectFile): Promise<number> {
  let rest: Buffer = Buffer.alloc(0);
  let line = 1;
  let found = false;
  let copied = 0;
  for await (const chunk of readText(file, 'utf-8')) {
    const last = chunk.length === 0;
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (at < bytes.length) {
      const ends = lineEnd(bytes, at, last);
      if (ends === undefined && bytes.length - at <= longestLine) break;
      if (ends === undefined || ends.end - at > longestLine) throw tooLong(file, line);
      if (!isBlank(bytes, at, ends.end)) {
        if (!found && beginsList(bytes, at, ends.end)) throw oneList(file);
        found = true;
        const strange = bytes.subarray(at, ends.end).includes(jsonSeparator);
        if (strange) rejects.add(file.shown, line, 'not JSON', bytes, at, ends.end);
        else {
          out.add(`${line}${jsonSeparator}`);
          out.addBytes(bytes, at, ends.end);
          out.add('\n');
          copied += 1;
        }
      }
      at = ends.next;
      line += 1;
      if (out.full) await out.drain();
      if (rejects.full) await rejects.drain();
    }
    rest = bytes.subarray(at);
  }
  if (!found) throw emptyFile(file);
  return copied;
}

function isBlank(bytes: Buffer, start: number, end: number): boolean {
  for (let at = start; at < end; at += 1) if (bytes[at] !== 32 && bytes[at] !== 9) return false;
  return true;
}

/** `[` and nothing that closes it on the line: the file is one list over many lines, of which a few would even pass. */
function beginsList(bytes: Buffer, start: number, end: number): boolean {
  const line = bytes.toString('latin1', start, Math.min(end, start + 1000)).trim();
  return line === '[' || line.startsWith('[{');
}

function oneList(file: SourceFile): Error {
  return inputError(
    'source_not_lines',
    `${file.shown} is one JSON list, not JSON lines.`,
    'Write "type: json".',
  );
}

function tooLong(file: SourceFile, line: number): Error {
  return inputError(
    'source_record_too_long',
    `Line ${line} of ${file.shown} is longer than ${longestLine} bytes.`,
    'Check that this is a JSON lines file: one object a line, no list around them.',
  );
}
