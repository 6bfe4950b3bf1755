import { closest, distance } from 'fastest-levenshtein';

/**
 * The name a reader most likely meant, or undefined where none is near. "Near" is at most two edits, or a
 * third of the longer word, so that `fist_name` finds `first_name` and `total` does not find `phone`.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined;
  const lower = known.map((candidate) => candidate.toLowerCase());
  const index = lower.indexOf(closest(name.toLowerCase(), lower));
  const candidate = known[index];
  if (candidate === undefined) return undefined;
  const limit = Math.max(2, Math.floor(Math.max(name.length, candidate.length) / 3));
  return distance(name.toLowerCase(), candidate.toLowerCase()) <= limit ? candidate : undefined;
}

/** `Did you mean "x"?`, or the known names, or nothing to suggest. */
export function suggestName(name: string, known: readonly string[]): string {
  const nearest = nearestName(name, known);
  if (nearest !== undefined) return `Did you mean "${nearest}"?`;
  if (known.length === 0) return 'There is none yet.';
  const shown = known.slice(0, 12).map((candidate) => `"${candidate}"`);
  return `Known: ${shown.join(', ')}${known.length > shown.length ? ', …' : ''}.`;
}
