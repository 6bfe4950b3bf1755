/**
 * Other people's text as it may go to a terminal: harmless text as it stands, control characters (which steer the
 * terminal or end the line) and marks that turn the direction of writing round as `\u001b` and the like.
 */
export function safeText(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** As `safeText`, of a text in several lines. */
export function safeLines(text: string): string {
  return text.split('\n').map(safeText).join('\n');
}

/** A value in quotes, so that blanks and emptiness show. JSON alone lets U+007F to U+009F and U+202E through. */
export function safeValue(value: string | number | boolean | null | readonly string[]): string {
  return safeText(JSON.stringify(value));
}
