import { keptOutStatuses } from '../base/kept-out-statuses.ts';
import type { Destination } from '../delivery/destination.ts';
import { nextReadFrom } from '../exports/audience-facts.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** Changes this close to the last reading may have been missed: Mailchimp's clock has whole seconds. */
const overlapMs = 5_000;

/**
 * Who has left the audience since a run read it. Asked for again before a chunk is sent when the last
 * answer is older than `freshMs` (promise 1); only people in kept-out statuses are read, so that our own
 * writes do not come back as a flood.
 */
export class WhoHasLeft {
  readonly #parts: PipelineParts;
  readonly #destination: Destination;
  readonly #audience: { key: string; id: string };
  readonly #left = new Map<string, string>();
  #readAt: Date;
  #from: Date | undefined;
  #reading: Promise<void> | undefined;

  /** @param factsReadAt when, by our clock, the reading of the audience began that the run stands on */
  constructor(
    parts: PipelineParts,
    destination: Destination,
    audience: { key: string; id: string },
    factsReadAt: Date,
  ) {
    this.#parts = parts;
    this.#destination = destination;
    this.#audience = audience;
    this.#readAt = factsReadAt;
  }

  /** The status of an address that is in a kept-out status now, else undefined. */
  statusOf(address: string): string | undefined {
    return this.#left.get(address);
  }

  /** Everybody who is in a kept-out status now, by address. */
  everybody(): ReadonlyMap<string, string> {
    return this.#left;
  }

  /** Makes sure that what is known is at most `freshMs` old. */
  async refresh(atMost = this.#parts.freshMs): Promise<void> {
    if (this.#parts.clock.now().getTime() - this.#readAt.getTime() <= atMost) return;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    await this.#reading;
  }

  async #read(): Promise<void> {
    const began = this.#parts.clock.now();
    // From where the facts end, by Mailchimp's clock: ours may be minutes ahead of it.
    const from = this.#from?.toISOString() ?? (await nextReadFrom(this.#parts.engine, this.#audience.key));
    const since = from === undefined ? undefined : new Date(Date.parse(from) - overlapMs).toISOString();
    const read = this.#destination.read(this.#audience.id, since, keptOutStatuses);
    for await (const page of read.pages) {
      for (const member of page) this.#left.set(member.address, member.status);
    }
    this.#from = read.nextFrom();
    this.#readAt = began;
  }
}
