import { distance } from 'fastest-levenshtein';

/**
 * The name a reader most likely meant, or undefined where none is near. "Near" is at most two edits, or a
 * third of the longer word, so that `fist_name` finds `first_name` and `total` does not find `phone`.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  // Two swapped letters are the commonest slip, and count as two edits: half a point goes to an anagram.
  const letters = (word: string) => word.split('').toSorted().join('');
  const score = (candidate: string) =>
    distance(wanted, candidate) - (letters(wanted) === letters(candidate) ? 0.5 : 0);
  let best: { candidate: string; score: number } | undefined;
  for (const candidate of known) {
    const here = score(candidate.toLowerCase());
    if (best === undefined || here < best.score) best = { candidate, score: here };
  }
  if (best === undefined) return undefined;
  const limit = Math.max(2, Math.floor(Math.max(name.length, best.candidate.length) / 3));
  return best.score <= limit ? best.candidate : undefined;
}

/** `Did you mean "x"?`, or the known names, or nothing to suggest. */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  if (known.length === 0) return 'There is none yet.';
  const shown = known.slice(0, 12).map((candidate) => `"${candidate}"`);
  return `Known: ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}.`;
}
