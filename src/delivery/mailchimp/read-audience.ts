import { memberStatuses, type Member, type MemberStatus } from './audience-model.ts';
import { largestPage, type CallOptions, type MailchimpClient } from './mailchimp-client.ts';

export interface ReadOptions extends CallOptions {
  /** Only members changed at or after this moment (ISO 8601); the overlap is the caller's. */
  since?: string;
  statuses?: readonly MemberStatus[];
}

/** The members, a page at a time, and what the reader has to know about the reading. */
export interface AudienceReading extends AsyncIterable<Member[]> {
  /**
   * The moment of Mailchimp's clock at which the first request left: the next incremental read starts here, less an
   * overlap. Undefined before the first page.
   */
  readonly nextSince: Date | undefined;
  /** Statuses of which not everybody came, even after three more tries: gaps, or fewer than Mailchimp counts. */
  readonly short: readonly MemberStatus[];
}

// Neighbouring pages share so many rows: a few that move away between two reads leave no gap, and more are seen.
const overlap = 10;
const stride = largestPage - overlap;
const moreTries = 3;

/**
 * Reads an audience, each status in pages of 1,000, as many at a time as the client allows; at most twice that many
 * wait for a slow reader.
 *
 * Rows move while we read: who changes goes to the end (order is `last_changed`), who leaves the status makes the
 * others move up. Neighbouring pages that share nobody have a gap between them, and the left one is read again. At the
 * end of a status the distinct members are counted against Mailchimp's total. Where a gap stays open or people are short,
 * the status is read again.
 * So a person can come twice; where they differ, believe the greater `lastChanged`, and at a tie the later one.
 *
 * May be iterated once.
 */
export function readMembers(client: MailchimpClient, id: string, options: ReadOptions = {}): AudienceReading {
  const short: MemberStatus[] = [];
  let nextSince: Date | undefined;

  async function* pages(): AsyncGenerator<Member[]> {
    const stop = new AbortController();
    const signal =
      options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    const readPage: ReadPage = async (status, offset) => {
      const changed = options.since === undefined ? {} : { changedSince: options.since };
      const page = await client.memberPage(
        id,
        { status, offset, count: largestPage, ...changed },
        { signal },
      );
      if (nextSince === undefined || page.asOf < nextSince) nextSince = page.asOf;
      return page;
    };
    // The first pages of all statuses at once: most are small, and this is all they need.
    // One by one: whether a read without a status has the archived ones is unsure (FACTS §5).
    const firsts = (options.statuses ?? memberStatuses).map((status) => ({
      status,
      page: readPage(status, 0),
    }));
    for (const { page } of firsts) page.catch(ignore);
    try {
      for (const { status, page } of firsts) {
        const complete = yield* readStatus(readPage, status, page, 2 * client.maxRequests);
        if (!complete) short.push(status);
      }
    } finally {
      stop.abort();
    }
  }

  return {
    [Symbol.asyncIterator]: pages,
    get nextSince() {
      return nextSince;
    },
    short,
  };
}

type Page = { members: Member[]; total: number };
type ReadPage = (status: MemberStatus, offset: number) => Promise<Page & { asOf: Date }>;

/** All of one status; returns whether everybody came. */
async function* readStatus(
  readPage: ReadPage,
  status: MemberStatus,
  first: Promise<Page>,
  ahead: number,
): AsyncGenerator<Member[], boolean> {
  const seen = new Set<number | string>();
  const readOne = (offset: number) => readPage(status, offset);
  let complete = yield* sweep(readOne, first, ahead, seen);
  for (let more = 0; !complete && more < moreTries; more++) {
    complete = yield* sweep(readOne, readOne(0), ahead, seen);
  }
  return complete;
}

/** One pass over a status in order of offsets; returns whether it left no gap and no fewer came than are counted. */
async function* sweep(
  readPage: (offset: number) => Promise<Page>,
  first: Promise<Page>,
  ahead: number,
  seen: Set<number | string>,
): AsyncGenerator<Member[], boolean> {
  const begun = [{ offset: 0, page: first }];
  let left: Member[] = [];
  let total = 0;
  let torn = false;
  let next = stride;
  for (let turn = begun.shift(); turn !== undefined; turn = begun.shift()) {
    const page = await turn.page;
    total = page.total;
    for (; begun.length < ahead && next + overlap < total; next += stride) {
      const following = { offset: next, page: readPage(next) };
      // Its failure is met when its turn comes; until then it is not unhandled.
      following.page.catch(ignore);
      begun.push(following);
    }

    if (turn.offset > 0 && !joined(left, page.members)) {
      const again = await readPage(turn.offset - stride);
      yield unseen(again.members, left, seen);
      torn ||= !joined(left, again.members) || !joined(again.members, page.members);
    }
    yield unseen(page.members, left, seen);
    left = page.members;
  }
  return !torn && seen.size >= total;
}

/**
 * Whether nobody can have slipped through between two neighbouring pages. They share a row that did not change: all
 * who came after it then still do. Or the right one is past the end, and the left one saw the end.
 */
function joined(left: readonly Member[], right: readonly Member[]): boolean {
  if (right.length === 0) return left.length < largestPage;
  const rows = new Map(left.map((member) => [member.id, member.lastChanged]));
  return right.some((member) => rows.get(member.id) === member.lastChanged);
}

/** The page without the rows that its neighbour had in the same state; all of them are noted as seen. */
function unseen(page: readonly Member[], neighbour: readonly Member[], seen: Set<number | string>): Member[] {
  for (const member of page) seen.add(shortKey(member.id));
  const before = new Map(neighbour.map((member) => [member.id, member.lastChanged]));
  return page.filter((member) => before.get(member.id) !== member.lastChanged);
}

/**
 * 52 of an MD5's 128 bits: a million of them weigh a third of the texts, and of a million members two fall together
 * once in 9,000 audiences, which costs a needless re-read.
 */
function shortKey(id: string): number | string {
  return /^[0-9a-f]{32}$/.test(id) ? Number.parseInt(id.slice(0, 13), 16) : id;
}

function ignore(): void {}
