/** A link of one rule between two records, by their numbers; `head` < `n`. */
export interface Link {
  n: number;
  head: number;
  /** From 0 to 1; null where the rule asks for equal values only. */
  similarity: number | null;
}

/**
 * Which links stay where two records of a group must never be one person.
 *
 * The links are taken one by one, the strongest first: the more alike, then the more important records (the
 * smaller numbers). One that would put the two of a pair into one group is left out, and so the weakest links
 * between them go. Rules that come first are stronger than later ones, since `groups` holds what they made.
 * What comes out depends on nothing but the arguments' content.
 *
 * @param groups for every record of a link or a pair, the group that earlier rules put it in
 * @param never pairs of records that do not share a group yet
 */
export function linksBeside(
  links: readonly Link[],
  groups: ReadonlyMap<number, number>,
  never: readonly (readonly [number, number])[],
): Link[] {
  const leader = new Map<number, number>();
  const find = (group: number): number => {
    let root = group;
    for (let up = leader.get(root); up !== undefined; up = leader.get(root)) root = up;
    for (let at = group; at !== root;) {
      const up = leader.get(at) as number;
      leader.set(at, root);
      at = up;
    }
    return root;
  };
  const groupOf = (record: number): number => find(groups.get(record) ?? record);
  // By group, the groups that it must not become one with: asked for each link, where pairs may be tens of thousands.
  const apart = new Map<number, Set<number>>();
  const keepApart = (one: number, other: number): void => {
    apart.set(one, (apart.get(one) ?? new Set()).add(other));
    apart.set(other, (apart.get(other) ?? new Set()).add(one));
  };
  for (const [one, other] of never) keepApart(groupOf(one), groupOf(other));

  return links.toSorted(byStrength).filter(({ n, head }) => {
    const [one, other] = [groupOf(n), groupOf(head)];
    if (one === other) return true;
    const [ofOne, ofOther] = [apart.get(one), apart.get(other)];
    if (ofOne?.has(other)) return false;
    // Of the two the one moves that has less to move.
    const [from, to] = (ofOne?.size ?? 0) < (ofOther?.size ?? 0) ? [one, other] : [other, one];
    leader.set(from, to);
    for (const third of apart.get(from) ?? []) {
      apart.get(third)?.delete(from);
      keepApart(third, to);
    }
    apart.delete(from);
    return true;
  });
}

/** An equal pair is as alike as can be. */
function byStrength(a: Link, b: Link): number {
  return (b.similarity ?? 1) - (a.similarity ?? 1) || a.head - b.head || a.n - b.n;
}

/**
 * Stars as the pairs they stand for: whoever is linked with one head agrees with everybody else who is. Large
 * stars stay as they are; splitting one is rare, and its pairs would be many.
 * @param apart whether two records may be a pair at all: those of a match rule are of different sources
 */
export function spelledOut(
  links: readonly Link[],
  apart: (one: number, other: number) => boolean,
  largest = 200,
): Link[] {
  const stars = Map.groupBy(links, ({ head }) => head);
  return [...stars].flatMap(([head, star]) => {
    if (star.length > largest) return star;
    const members = [head, ...star.map(({ n }) => n)].toSorted((a, b) => a - b);
    return members.flatMap((one, place) =>
      members
        .slice(place + 1)
        .filter((other) => apart(one, other))
        .map((other): Link => ({ n: other, head: one, similarity: null })),
    );
  });
}
