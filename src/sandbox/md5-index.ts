import { hash } from 'node:crypto';

/** Mailchimp's id of a member: the MD5 of the lower-case address, as 32 hex digits (FACTS §5). */
export function subscriberHash(address: string): string {
  return hash('md5', address.trim().toLowerCase(), 'hex');
}

const empty = 0;
const deleted = -1;

/**
 * Finds the row of a member by the MD5 of the address.
 *
 * Open addressing over typed arrays: about 30 bytes a member where a `Map` of hex strings takes 100, which
 * is what lets one million members fit beside everything else.
 */
export class Md5Index {
  #digests = new Uint32Array(4 * 1024);
  #slots = new Int32Array(4096);
  #used = 0;

  set(row: number, address: string): void {
    if ((row + 1) * 4 > this.#digests.length) this.#digests = grown(this.#digests);
    this.#digests.set(digestOf(address), row * 4);
    if ((this.#used + 1) * 3 > this.#slots.length * 2) this.#rehash();
    this.#place(row);
  }

  delete(row: number): void {
    const slot = this.#slotOf(this.#digests.subarray(row * 4, row * 4 + 4));
    if (slot !== undefined) this.#slots[slot] = deleted;
  }

  byAddress(address: string): number | undefined {
    return this.#rowOf(digestOf(address));
  }

  /** @param id 32 hex digits of either case */
  byHash(id: string): number | undefined {
    return this.#rowOf(wordsOf(id));
  }

  idOf(row: number): string {
    let id = '';
    for (let word = 0; word < 4; word++) id += this.#digests[row * 4 + word]!.toString(16).padStart(8, '0');
    return id;
  }

  #rowOf(digest: Uint32Array): number | undefined {
    const slot = this.#slotOf(digest);
    return slot === undefined ? undefined : this.#slots[slot]! - 1;
  }

  #slotOf(digest: Uint32Array): number | undefined {
    const mask = this.#slots.length - 1;
    for (let slot = digest[0]! & mask; ; slot = (slot + 1) & mask) {
      const held = this.#slots[slot]!;
      if (held === empty) return undefined;
      if (held !== deleted && this.#same(held - 1, digest)) return slot;
    }
  }

  #same(row: number, digest: Uint32Array): boolean {
    const at = row * 4;
    return (
      this.#digests[at] === digest[0] &&
      this.#digests[at + 1] === digest[1] &&
      this.#digests[at + 2] === digest[2] &&
      this.#digests[at + 3] === digest[3]
    );
  }

  #place(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#digests[row * 4]! & mask;
    while (this.#slots[slot]! !== empty) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
    this.#used++;
  }

  #rehash(): void {
    const old = this.#slots;
    this.#slots = new Int32Array(old.length * 2);
    this.#used = 0;
    for (const held of old) if (held > 0) this.#place(held - 1);
  }
}

// By way of hex digits: a Buffer for every hash costs the collector more than parsing does.
function digestOf(address: string): Uint32Array {
  return wordsOf(subscriberHash(address));
}

function wordsOf(hex: string): Uint32Array {
  const words = new Uint32Array(4);
  for (let word = 0; word < 4; word++) words[word] = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16);
  return words;
}

function grown(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(array.length * 2);
  larger.set(array);
  return larger;
}
