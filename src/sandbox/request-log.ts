export type RequestOutcome =
  | 'running'
  | 'answered'
  /** The client went away: before its body was here, and nothing was done, or before the answer, and all was. */
  | 'aborted'
  /** The sandbox cut the connection (a fault). */
  | 'reset';

/** One request to the API as the log keeps it: never a person's data, unless `logBodies` is on. */
export interface RequestRecord {
  readonly number: number;
  readonly at: string;
  readonly method: string;
  /** With addresses in it replaced. */
  readonly path: string;
  readonly user: string;
  /** Members the body carries. */
  members: number;
  /** Requests of the same user in flight when it came, itself included. */
  readonly inFlight: number;
  status: number | undefined;
  ms: number | undefined;
  outcome: RequestOutcome;
  /** The fault that met it, by id. */
  fault: number | undefined;
  body?: string;
}

export interface RequestCounters {
  requests: number;
  /** Requests other than GET that reached their handler, whatever it said. */
  writes: number;
  membersSent: number;
  inFlight: number;
  /** The most requests of one user that ever were open together, refused ones included. */
  maxInFlight: number;
  aborted: number;
  reset: number;
  byStatus: Record<string, number>;
  byMethod: Record<string, number>;
}

const kept = 5000;

/** The latest requests, and counts of all. */
export class RequestLog {
  #records: RequestRecord[] = [];
  #last = 0;
  counters: RequestCounters = emptyCounters(0);

  open(facts: { at: string; method: string; path: string; user: string; inFlight: number }): RequestRecord {
    const record: RequestRecord = {
      number: ++this.#last,
      ...facts,
      path: facts.path.replace(/[^/?&=]*(@|%40)[^/?&=]*/gi, '{address}'),
      members: 0,
      status: undefined,
      ms: undefined,
      outcome: 'running',
      fault: undefined,
    };
    this.#records.push(record);
    if (this.#records.length > 2 * kept) this.#records = this.#records.slice(-kept);
    const { counters } = this;
    counters.requests++;
    counters.inFlight++;
    counters.maxInFlight = Math.max(counters.maxInFlight, facts.inFlight);
    counters.byMethod[facts.method] = (counters.byMethod[facts.method] ?? 0) + 1;
    return record;
  }

  /** @param status undefined when nothing was answered */
  close(record: RequestRecord, outcome: RequestOutcome, status: number | undefined, ms: number): void {
    record.outcome = outcome;
    record.status = status;
    record.ms = Math.round(ms);
    const { counters } = this;
    counters.inFlight = Math.max(0, counters.inFlight - 1);
    if (outcome === 'aborted') counters.aborted++;
    if (outcome === 'reset') counters.reset++;
    if (status !== undefined) counters.byStatus[status] = (counters.byStatus[status] ?? 0) + 1;
  }

  noteWork(record: RequestRecord, members: number): void {
    record.members = members;
    this.counters.membersSent += members;
    if (record.method !== 'GET') this.counters.writes++;
  }

  /** Oldest first, after the given number. */
  since(number: number, limit: number): RequestRecord[] {
    return this.#records.filter((record) => record.number > number).slice(0, limit);
  }

  latest(limit: number): RequestRecord[] {
    return this.#records.slice(-limit).toReversed();
  }

  reset(): void {
    this.#records = [];
    this.counters = emptyCounters(this.counters.inFlight);
  }
}

function emptyCounters(inFlight: number): RequestCounters {
  return {
    requests: 0,
    writes: 0,
    membersSent: 0,
    inFlight,
    maxInFlight: 0,
    aborted: 0,
    reset: 0,
    byStatus: {},
    byMethod: {},
  };
}
