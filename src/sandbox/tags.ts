import type { Member, MemberStatus } from './member.ts';
import { memberStatuses } from './member.ts';
import { SortedKeys } from './sorted-keys.ts';
import type { Seconds } from './seconds.ts';

/** A segment of an audience. A static one is what the user interface calls a tag (FACTS §6). */
export interface Segment {
  readonly id: number;
  name: string;
  readonly kind: 'static' | 'saved';
  readonly createdAt: Seconds;
  updatedAt: Seconds;
  /** Rows of its members. */
  readonly rows: SortedKeys;
  readonly counts: Record<MemberStatus, number>;
  /** The conditions of a saved segment as sent; the sandbox does not evaluate them. */
  readonly options: unknown;
}

/** The segments of one audience and who wears which tag. */
export class Tags {
  #segments = new Map<number, Segment>();
  #byName = new Map<string, Segment>();
  #sets = new Map<string, readonly number[]>();
  #lastId: number;

  constructor(firstId: number) {
    this.#lastId = firstId;
  }

  all(): Segment[] {
    return [...this.#segments.values()];
  }

  byId(id: number): Segment | undefined {
    return this.#segments.get(id);
  }

  /** The tag of a name; names are the same whatever their case (FACTS §9.12). */
  byName(name: string): Segment | undefined {
    return this.#byName.get(nameKey(name));
  }

  create(name: string, kind: Segment['kind'], now: Seconds, options?: unknown): Segment {
    const segment: Segment = {
      id: ++this.#lastId,
      name: name.trim(),
      kind,
      createdAt: now,
      updatedAt: now,
      rows: new SortedKeys(),
      counts: Object.fromEntries(memberStatuses.map((status) => [status, 0])) as Record<MemberStatus, number>,
      options,
    };
    this.#segments.set(segment.id, segment);
    if (kind === 'static') this.#byName.set(nameKey(name), segment);
    return segment;
  }

  rename(segment: Segment, name: string): void {
    // A saved segment may have the name of a tag, and is never found by it.
    if (segment.kind === 'static') {
      this.#byName.delete(nameKey(segment.name));
      this.#byName.set(nameKey(name), segment);
    }
    segment.name = name.trim();
  }

  /** Says whether the member did not wear it yet. */
  put(segment: Segment, member: Member, now: Seconds): boolean {
    if (member.tags.includes(segment.id)) return false;
    member.tags = this.#shared([...member.tags, segment.id].toSorted((left, right) => left - right));
    segment.rows.insert(member.row);
    segment.counts[member.status]++;
    segment.updatedAt = now;
    return true;
  }

  /** Says whether the member wore it. */
  take(segment: Segment, member: Member, now: Seconds): boolean {
    if (!member.tags.includes(segment.id)) return false;
    member.tags = this.#shared(member.tags.filter((id) => id !== segment.id));
    segment.rows.delete(member.row);
    segment.counts[member.status]--;
    segment.updatedAt = now;
    return true;
  }

  statusChanged(member: Member, from: MemberStatus, to: MemberStatus): void {
    for (const id of member.tags) {
      const segment = this.#segments.get(id)!;
      segment.counts[from]--;
      segment.counts[to]++;
    }
  }

  /** Takes the segment away, also from everybody who wears it. */
  remove(segment: Segment, memberOf: (row: number) => Member | undefined): void {
    for (const row of segment.rows) {
      const member = memberOf(row);
      if (member !== undefined) member.tags = this.#shared(member.tags.filter((id) => id !== segment.id));
    }
    this.#segments.delete(segment.id);
    if (segment.kind === 'static') this.#byName.delete(nameKey(segment.name));
  }

  /** Most members wear one of few combinations: they share the array. */
  #shared(ids: readonly number[]): readonly number[] {
    const key = ids.join();
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    this.#sets.set(key, ids);
    return ids;
  }
}

const nameKey = (name: string) => name.trim().toLowerCase();
