/**
 * What stands for the sort of a street or for "number", by what it is compared as: nothing, since "Str.
 * Lungă nr. 5", "Strada Lungă 5" and "Lungă 5" are one place. Avenues and squares keep their sort: a town has
 * both a "Calea Victoriei" and a "Piața Victoriei".
 */
const words: ReadonlyMap<string, string> = new Map(
  Object.entries({
    '': 'str strada street st strasse nr no numarul numar number',
    bd: 'bd bld blvd bvd bulevardul bulevard boulevard bul',
    cal: 'cal calea',
    al: 'al aleea alee',
    pta: 'pta piata piatza piazza plaza square sq platz pl',
    sos: 'sos soseaua sosea',
    ave: 'ave av avenue avenida',
    rd: 'rd road',
    ln: 'ln lane',
    dr: 'dr drive',
    ct: 'ct court',
    bl: 'bl bloc bloque block',
    sc: 'sc scara',
    et: 'et etaj etajul',
    ap: 'ap apt apartament apartamentul apartment',
  }).flatMap(([short, long]) => long.split(' ').map((word): [string, string] => [word, short])),
);

/** German streets often are one word: "Hauptstr." is "Hauptstrasse". */
const glued = /(?<=.{2})str(asse)?$/;

/**
 * An address in its light form: words for streets shortened, in the order in which they stand.
 * @param text lower case, without accents, words between single blanks
 */
export function streetForm(text: string): string {
  const shortened = text
    .split(' ')
    .map((word) => words.get(word) ?? word.replace(glued, 'str'))
    .filter((word) => word !== '');
  // "Nr." alone says nothing, and still is not nothing.
  return shortened.length === 0 ? text : shortened.join(' ');
}
