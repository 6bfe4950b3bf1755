import { Md5Index } from './md5-index.ts';
import { memberStatuses } from './member.ts';
import type { Member, MemberStatus } from './member.ts';
import { SortedKeys } from './sorted-keys.ts';

/**
 * Seconds and row in one number, so that a status is listed by last_changed from one sorted set:
 * 31 bits of seconds (to 2038) and 22 of row (4,194,304 members an audience) are the 53 bits of a number.
 */
const rowSpan = 2 ** 22;
const keyOf = (seconds: number, row: number) => seconds * rowSpan + row;
const rowOf = (key: number) => key % rowSpan;

export interface ChangedRange {
  statuses: readonly MemberStatus[];
  /** Seconds, both bounds exclusive, as Mailchimp's "after" and "before". */
  after?: number | undefined;
  before?: number | undefined;
  direction: 'ASC' | 'DESC';
  offset: number;
  count: number;
}

/** The members of one audience: by row, by address or its MD5, and by status in the order of last_changed. */
export class MemberStore {
  #rows: (Member | undefined)[] = [];
  #index = new Md5Index();
  #order = new Map<MemberStatus, SortedKeys>(memberStatuses.map((status) => [status, new SortedKeys()]));

  byRow(row: number): Member | undefined {
    return this.#rows[row];
  }

  byAddress(address: string): Member | undefined {
    const row = this.#index.byAddress(address);
    return row === undefined ? undefined : this.#rows[row];
  }

  /** @param id 32 hex digits */
  byHash(id: string): Member | undefined {
    const row = this.#index.byHash(id);
    return row === undefined ? undefined : this.#rows[row];
  }

  idOf(member: Member): string {
    return this.#index.idOf(member.row);
  }

  add(facts: Omit<Member, 'row'>): Member {
    const row = this.#rows.length;
    if (row >= rowSpan) throw new Error('an audience of the sandbox holds at most 4,194,304 members');
    const member: Member = { row, ...facts };
    this.#rows.push(member);
    this.#index.set(row, member.address);
    this.#orderOf(member.status).insert(keyOf(member.changedAt, row));
    return member;
  }

  /** Sets status and time of change together, since both decide the member's place in the listings. */
  move(member: Member, status: MemberStatus, changedAt: number): void {
    if (status === member.status && changedAt === member.changedAt) return;
    this.#orderOf(member.status).delete(keyOf(member.changedAt, member.row));
    member.status = status;
    member.changedAt = changedAt;
    this.#orderOf(status).insert(keyOf(changedAt, member.row));
  }

  /** Gives the member another address, and so another id. */
  readdress(member: Member, address: string): void {
    this.#index.delete(member.row);
    member.address = address;
    this.#index.set(member.row, address);
  }

  remove(member: Member): void {
    this.#index.delete(member.row);
    this.#orderOf(member.status).delete(keyOf(member.changedAt, member.row));
    this.#rows[member.row] = undefined;
  }

  count(status: MemberStatus): number {
    return this.#orderOf(status).size;
  }

  *all(): Generator<Member> {
    for (const member of this.#rows) if (member !== undefined) yield member;
  }

  /**
   * One page by last_changed over any number of statuses, and how many there are in all. A page at a deep
   * offset costs as much as the first one.
   */
  page(range: ChangedRange): { members: Member[]; total: number } {
    const low = range.after === undefined ? 0 : keyOf(range.after + 1, 0);
    const high = range.before === undefined ? Number.MAX_SAFE_INTEGER : keyOf(range.before, 0);
    const orders = range.statuses.map((status) => this.#orderOf(status));
    const skipped = rankIn(orders, low);
    const total = Math.max(0, rankIn(orders, high) - skipped);
    const count = Math.max(0, Math.min(range.count, total - range.offset));
    const first = range.direction === 'ASC' ? range.offset : total - range.offset - count;
    const keys = unionSlice(orders, skipped + first, count);
    if (range.direction === 'DESC') keys.reverse();
    return { members: keys.map((key) => this.#rows[rowOf(key)]!), total };
  }

  #orderOf(status: MemberStatus): SortedKeys {
    return this.#order.get(status)!;
  }
}

function rankIn(orders: readonly SortedKeys[], key: number): number {
  return orders.reduce((sum, order) => sum + order.rank(key), 0);
}

/** `count` keys from the `start`-th on of the union of sorted sets, without walking over what lies before. */
function unionSlice(orders: readonly SortedKeys[], start: number, count: number): number[] {
  if (count === 0) return [];
  if (orders.length === 1) return orders[0]!.slice(start, count);
  // The largest key with no more than `start` keys below it is the start-th key of the union.
  let low = 0;
  let high = Number.MAX_SAFE_INTEGER;
  while (low < high) {
    const middle = low + Math.ceil((high - low) / 2);
    if (rankIn(orders, middle) <= start) low = middle;
    else high = middle - 1;
  }
  const candidates = orders.flatMap((order) => order.slice(order.rank(low), count));
  return candidates.toSorted((left, right) => left - right).slice(0, count);
}
