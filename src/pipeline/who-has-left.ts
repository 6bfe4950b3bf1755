import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Destination } from '../delivery/destination.ts';
import type { ExportRun } from '../exports/plan.ts';
import { noteSeenLeaving, seenLeaving } from '../exports/seen-leaving.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** Changes this close to the last reading may have been missed: Mailchimp's clock has whole seconds. */
const overlapMs = 5_000;

/** A batch may wait for its turn so many times longer than a reading is taken to be fresh: 60 s (promise 1). */
const mostAge = 4;

/** The reading of the audience that a run stands on. */
export interface FactsRead {
  /** When it began, by our clock. */
  at: Date;
  /** Where it ends, by Mailchimp's clock (ours may be minutes ahead of it), ISO 8601; absent: everybody is to be read. */
  from: string | undefined;
}

/**
 * Who has left the audience since a run read it. Asked for again before a chunk is sent when the last
 * answer is older than `freshMs` (promise 1); only people in kept-out statuses are read, so that our own
 * writes do not come back as a flood. Who was seen to leave is durable: what our requests did to them meanwhile is
 * looked at when the run ends.
 */
export class WhoHasLeft {
  readonly #parts: PipelineParts;
  readonly #destination: Destination;
  readonly #run: Pick<ExportRun, 'run' | 'audience' | 'audienceId'>;
  readonly #left = new Map<string, string>();
  #readAt: Date;
  #from: string | undefined;
  #reading: Promise<void> | undefined;

  private constructor(
    parts: PipelineParts,
    destination: Destination,
    run: Pick<ExportRun, 'run' | 'audience' | 'audienceId'>,
    facts: FactsRead,
  ) {
    this.#parts = parts;
    this.#destination = destination;
    this.#run = run;
    this.#readAt = facts.at;
    this.#from = facts.from;
  }

  static async since(
    parts: PipelineParts,
    destination: Destination,
    run: Pick<ExportRun, 'run' | 'audience' | 'audienceId'>,
    facts: FactsRead,
  ): Promise<WhoHasLeft> {
    const who = new WhoHasLeft(parts, destination, run, facts);
    for (const [address, status] of await seenLeaving(parts.engine, run.run)) who.#left.set(address, status);
    return who;
  }

  /** The kept-out status that an address was last seen in, else undefined. */
  statusOf(address: string): string | undefined {
    return this.#left.get(address);
  }

  /** Everybody who was seen in a kept-out status, by address. */
  everybody(): ReadonlyMap<string, string> {
    return this.#left;
  }

  /** Whether what is known is new enough for a request that leaves now. */
  isFreshEnough(): boolean {
    return this.#age() <= mostAge * this.#parts.freshMs;
  }

  /** Makes sure that what is known is at most `freshMs` old. */
  async refresh(atMost = this.#parts.freshMs): Promise<void> {
    if (this.#age() <= atMost) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  /** A clock that was set back since says nothing of the age: that counts as too old. */
  #age(): number {
    const age = this.#parts.clock.now().getTime() - this.#readAt.getTime();
    return age < 0 ? Infinity : age;
  }

  async #read(): Promise<void> {
    const { clock, engine } = this.#parts;
    const began = clock.now();
    const from = this.#from;
    const since = from === undefined ? undefined : new Date(Date.parse(from) - overlapMs).toISOString();
    const read = this.#destination.read(this.#run.audienceId, since, keptOutStatuses);
    for await (const page of read.pages) {
      const news = new Map(
        page
          .filter(({ address, status }) => this.#left.get(address) !== status)
          .map(({ address, status }) => [address, status]),
      );
      if (news.size > 0) await engine.commit(noteSeenLeaving(this.#run, news, began));
      for (const [address, status] of news) this.#left.set(address, status);
    }
    this.#from = read.nextFrom().toISOString();
    this.#readAt = began;
  }
}
