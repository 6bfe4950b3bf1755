/**
 * Reads words that mean the same as the first of their group. A value that is a whole alias counts as one;
 * else its words do, each for itself. A word of several groups belongs to the first.
 * @param groups in the form in which values come
 */
export function aliasWords(groups: readonly (readonly string[])[]): (value: string) => string {
  const first = new Map<string, string>();
  for (const group of groups) {
    const [head] = group;
    if (head === undefined) continue;
    // The head of a group may be an alias of an earlier one.
    const meaning = first.get(head) ?? head;
    for (const word of group) if (!first.has(word)) first.set(word, meaning);
  }
  return (value) =>
    first.get(value) ??
    value
      .split(' ')
      .map((word) => first.get(word) ?? word)
      .join(' ');
}
