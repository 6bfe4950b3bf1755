/** A block is cut in two at this many keys; small enough that inserting into it is one short move. */
const fullBlock = 1024;

/**
 * A sorted set of numbers with quick answers to "the n-th key" and "how many keys are below".
 *
 * Keys lie in blocks; inserting in rising order (the usual case: time goes on) only appends. One million
 * keys are about a thousand blocks, so that walking over block lengths stays far below a millisecond.
 */
export class SortedKeys {
  #blocks: number[][] = [];
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Adds a key that is not in the set. */
  insert(key: number): void {
    this.#size++;
    const last = this.#blocks.at(-1);
    if (last === undefined || key > last[last.length - 1]!) {
      if (last === undefined || last.length >= fullBlock) this.#blocks.push([key]);
      else last.push(key);
      return;
    }
    const at = this.#blockOf(key);
    const block = this.#blocks[at]!;
    block.splice(lowerBound(block, key), 0, key);
    if (block.length > fullBlock) this.#blocks.splice(at + 1, 0, block.splice(block.length >> 1));
  }

  /** Takes a key out; says whether it was there. */
  delete(key: number): boolean {
    const at = this.#blockOf(key);
    const block = this.#blocks[at];
    if (block === undefined) return false;
    const place = lowerBound(block, key);
    if (block[place] !== key) return false;
    this.#size--;
    if (block.length === 1) this.#blocks.splice(at, 1);
    else block.splice(place, 1);
    this.#joinWithNext(at);
    return true;
  }

  /** How many keys are smaller than `key`. */
  rank(key: number): number {
    const at = this.#blockOf(key);
    let before = 0;
    for (let index = 0; index < at; index++) before += this.#blocks[index]!.length;
    const block = this.#blocks[at];
    return block === undefined ? before : before + lowerBound(block, key);
  }

  /** Up to `count` keys from the `start`-th on, rising. */
  slice(start: number, count: number): number[] {
    const keys: number[] = [];
    let skip = start;
    for (const block of this.#blocks) {
      if (keys.length >= count) break;
      if (skip >= block.length) {
        skip -= block.length;
        continue;
      }
      for (let index = skip; index < block.length && keys.length < count; index++) keys.push(block[index]!);
      skip = 0;
    }
    return keys;
  }

  *[Symbol.iterator](): Iterator<number> {
    for (const block of this.#blocks) yield* block;
  }

  /** Index of the first block whose last key is not below `key`; the number of blocks when there is none. */
  #blockOf(key: number): number {
    let low = 0;
    let high = this.#blocks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const block = this.#blocks[middle]!;
      if (block[block.length - 1]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Keys that move to the end leave thin blocks behind; without this a busy set becomes a long list of ones. */
  #joinWithNext(at: number): void {
    const block = this.#blocks[at];
    const next = this.#blocks[at + 1];
    if (block === undefined || next === undefined || block.length + next.length > fullBlock / 2) return;
    this.#blocks.splice(at, 2, block.concat(next));
  }
}

function lowerBound(block: readonly number[], key: number): number {
  let low = 0;
  let high = block.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (block[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}
