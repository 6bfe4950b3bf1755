/**
 * Numbers that look random and are not: the same seed gives the same shop on every machine.
 *
 * Each person and each aspect of a person draws from a stream of its own (`randomAt`), so anyone can be made
 * again without making those before, and a new draw in one aspect leaves all others as they were.
 * The generator is mulberry32, its start mixed by the finaliser of MurmurHash3; both are in the public domain.
 */
export class Random {
  #state: number;

  constructor(state: number) {
    this.#state = state | 0;
  }

  /** From 0 up to, not including, 1. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  /** A whole number from 0 up to, not including, `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True in `share` of all draws; `share` from 0 to 1. */
  chance(share: number): boolean {
    return this.next() < share;
  }

  /** One of the list; the list must not be empty. */
  pick<Item extends object | string>(list: readonly Item[]): Item {
    return itemAt(list, this.below(list.length));
  }

  /** One of the list, the first ones more often: of ten, the first comes three times in ten. */
  pickEarly<Item extends object | string>(list: readonly Item[]): Item {
    return itemAt(list, Math.floor(this.next() ** 2 * list.length));
  }
}

function itemAt<Item extends object | string>(list: readonly Item[], position: number): Item {
  const item = list[position];
  if (item === undefined) throw new RangeError('There is nothing to pick from.');
  return item;
}

/** The aspects that draw apart from each other. Numbers are part of the format: never reuse one. */
export const stream = {
  person: 1,
  crm: 2,
  shop: 3,
  orders: 4,
  audience: 5,
  foreign: 6,
  readdressed: 7,
  day: 100,
} as const;

/** The stream of one aspect of one person. */
export function randomAt(seed: number, index: number, aspect: number): Random {
  return new Random(mix(mix(mix(seed ^ 0x9e3779b9) ^ index) ^ aspect));
}

function mix(value: number): number {
  let hash = value | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
