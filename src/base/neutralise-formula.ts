// OWASP "CSV Injection": these begin a formula, also in their full-width forms and after white space.
const formula = /^(?:[\t\r\n]|\s*[=+\-@＝＋－＠])/u;
const plainNumber = /^[+-]?\d[\d ]*(?:\.\d+)?$/;

/**
 * A text as it may stand in a CSV file that somebody opens in a spreadsheet: what a spreadsheet would take
 * for a formula gets an apostrophe in front, which spreadsheets do not show. Numbers and phone numbers
 * such as `-12.5` and `+40 712 345 678` stay as they are.
 */
export function neutraliseFormula(text: string): string {
  return formula.test(text) && !plainNumber.test(text) ? `'${text}` : text;
}
