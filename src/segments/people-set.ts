import type { Algebra } from './group-algebra.ts';

/** A set of people by their numbers, one bit each: the first in the highest bit of the first byte. */
export class PeopleSet {
  readonly #bytes: Uint8Array;
  #size: number | undefined;

  private constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Of the numbers below `people`, what an engine's `numberSet` says; null is nobody. */
  static decode(base64: string | null, people: number): PeopleSet {
    const bytes = new Uint8Array(setSize(people) / 8);
    if (base64 !== null) bytes.set(Buffer.from(base64, 'base64'));
    return new PeopleSet(bytes);
  }

  static everybody(people: number): PeopleSet {
    const bytes = new Uint8Array(setSize(people) / 8).fill(0xff, 0, people >> 3);
    if (people % 8 !== 0) bytes[people >> 3] = (0xff << (8 - (people % 8))) & 0xff;
    return new PeopleSet(bytes);
  }

  /** How many people. */
  get size(): number {
    this.#size ??= this.#bytes.reduce((sum, byte) => sum + (bitsOf[byte] ?? 0), 0);
    return this.#size;
  }

  and(other: PeopleSet): PeopleSet {
    return new PeopleSet(this.#bytes.map((byte, at) => byte & (other.#bytes[at] ?? 0)));
  }

  or(other: PeopleSet): PeopleSet {
    return new PeopleSet(this.#bytes.map((byte, at) => byte | (other.#bytes[at] ?? 0)));
  }

  without(other: PeopleSet): PeopleSet {
    return new PeopleSet(this.#bytes.map((byte, at) => byte & ~(other.#bytes[at] ?? 0)));
  }

  /** The lowest numbers in it, at most so many. */
  first(limit: number): number[] {
    const numbers: number[] = [];
    for (let at = 0; at < this.#bytes.length && numbers.length < limit; at += 1) {
      const byte = this.#bytes[at] ?? 0;
      if (byte === 0) continue;
      for (let bit = 0; bit < 8 && numbers.length < limit; bit += 1) {
        if ((byte & (0x80 >> bit)) !== 0) numbers.push(at * 8 + bit);
      }
    }
    return numbers;
  }
}

/** The `size` to ask an engine's `numberSet` for. */
export function setSize(people: number): number {
  return Math.max(1, Math.ceil(people / 8)) * 8;
}

/** Groups of rules over sets: of so many people. */
export function setAlgebra(people: number): Algebra<PeopleSet> {
  const everybody = PeopleSet.everybody(people);
  return {
    everybody,
    and: (sets) => sets.reduce((left, right) => left.and(right)),
    or: (sets) => sets.reduce((left, right) => left.or(right)),
    not: (set) => everybody.without(set),
  };
}

const bitsOf = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
