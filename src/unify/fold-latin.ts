import type { Dialect } from '../engine/dialect.ts';
import { sql, type Sql } from '../engine/sql.ts';

const onlyAscii = '^[\\x00-\\x7f]*$';
/** Basic Latin to Latin Extended-B, Latin Extended Additional, loose accents and general punctuation. */
const onlyLatin = '^[\\x00-\\x{024f}\\x{0300}-\\x{036f}\\x{1e00}-\\x{1eff}\\x{2000}-\\x{206f}]*$';

/** Letters that are no base letter with an accent, so that taking accents away leaves them. */
const indivisible: readonly [string, string][] = [
  ['ß', 'ss'],
  ['æ', 'ae'],
  ['œ', 'oe'],
  ['ø', 'o'],
  ['đ', 'd'],
  ['ð', 'd'],
  ['þ', 'th'],
  ['ł', 'l'],
  ['ı', 'i'],
  ['ħ', 'h'],
  ['ŋ', 'n'],
];
const asTwo: readonly [string, string][] = [
  ['ä', 'ae'],
  ['ö', 'oe'],
  ['ü', 'ue'],
  ['å', 'aa'],
  ['ø', 'oe'],
];

/**
 * Text in ASCII letters as far as it is Latin; text with a letter of another script stays as it is, since
 * what stands on a letter means more there (й is not и).
 *
 * "ä" becomes "a" unless `umlauts` is `two`: the same letters are Romanian, Hungarian, Swedish and Turkish,
 * where "ae" is nobody's way to write them.
 */
export function foldLatin(dialect: Dialect, text: Sql, umlauts: 'one' | 'two'): Sql {
  const composed = dialect.composed(text);
  const letters = [...(umlauts === 'two' ? asTwo : []), ...indivisible];
  const spelled = letters.reduce(
    (folded, [letter, ascii]) =>
      sql`replace(replace(${folded}, ${letter}, ${ascii}), ${capital(letter)}, ${capital(ascii)})`,
    composed,
  );
  // Two dozen passes over a text that has none of the letters would be most of the work.
  const any = `[${letters.map(([letter]) => letter + capital(letter)).join('')}]`;
  const latin = sql`CASE WHEN ${dialect.matches(composed, any)} THEN ${spelled} ELSE ${text} END`;
  // Most values are plain already, and the first look at one is cheap.
  return sql`CASE WHEN ${dialect.matches(text, onlyAscii)} THEN ${text}
    WHEN ${dialect.matches(text, onlyLatin)} THEN ${dialect.stripAccents(latin)}
    ELSE ${composed} END`;
}

/** "ß" has a capital of its own that JavaScript does not make, and "ı" has one that is plain ASCII. */
function capital(text: string): string {
  if (text === 'ß') return 'ẞ';
  return text === 'ı' ? 'İ' : text.toUpperCase();
}
