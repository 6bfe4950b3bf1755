/** A declared way to write dates, in the two forms that reading needs. */
export interface TimePattern {
  /** For the engine's `strptime`, which takes 65 as a year and 1 as a month by itself, … */
  strptime: string;
  /** … so the text must fit this as well (RE2 syntax). */
  regex: string;
}

const tokens: Readonly<Record<string, TimePattern>> = {
  YYYY: { strptime: '%Y', regex: '[0-9]{4}' },
  // 69 to 99 are of the last century, 00 to 68 of this one: the rule of POSIX.
  YY: { strptime: '%y', regex: '[0-9]{2}' },
  MM: { strptime: '%m', regex: '[0-9]{2}' },
  M: { strptime: '%m', regex: '[0-9]{1,2}' },
  DD: { strptime: '%d', regex: '[0-9]{2}' },
  D: { strptime: '%d', regex: '[0-9]{1,2}' },
  HH: { strptime: '%H', regex: '[0-9]{2}' },
  H: { strptime: '%H', regex: '[0-9]{1,2}' },
  mm: { strptime: '%M', regex: '[0-9]{2}' },
  ss: { strptime: '%S', regex: '[0-9]{2}' },
};

/**
 * `M/D/YYYY` → the pattern for the engine. Throws an Error whose message says what is wrong with it.
 */
export function parseTimePattern(format: string): TimePattern {
  let strptime = '';
  const used = new Set<string>();
  let regex = '';
  for (const [piece] of format.matchAll(/([A-Za-z])\1*|[^A-Za-z]/gu)) {
    const token = tokens[piece];
    if (token !== undefined) {
      const part = token.strptime.toLowerCase() === '%y' ? '%Y' : token.strptime;
      if (used.has(part)) throw new Error(`"${piece}" says a second time what stands before it`);
      used.add(part);
      strptime += token.strptime;
      regex += token.regex;
    } else if (piece === 'T' || !/[A-Za-z]/.test(piece)) {
      strptime += piece === '%' ? '%%' : piece;
      regex += piece.replace(/[\\^$.*+?()[\]{}|]/, '\\$&');
    } else {
      throw new Error(`"${piece}" is none of ${Object.keys(tokens).join(', ')}`);
    }
  }
  for (const part of ['%Y', '%m', '%d']) {
    if (!used.has(part)) throw new Error('a year, a month and a day are needed');
  }
  return { strptime, regex: `^${regex}$` };
}
