import type { Destination } from '../delivery/destination.ts';
import type { PipelineParts } from './pipeline-parts.ts';

/** The statuses that a write must never overwrite; our own writes do not lead into them. */
const keepOut = ['unsubscribed', 'cleaned', 'pending', 'archived'] as const;

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
  readonly #audience: string;
  readonly #left = new Map<string, string>();
  #readAt: Date;
  #from: Date;
  #reading: Promise<void> | undefined;

  /** @param factsReadAt when the run's own read of the audience began */
  constructor(parts: PipelineParts, destination: Destination, audience: string, factsReadAt: Date) {
    this.#parts = parts;
    this.#destination = destination;
    this.#audience = audience;
    this.#readAt = factsReadAt;
    this.#from = factsReadAt;
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
    const since = new Date(this.#from.getTime() - overlapMs).toISOString();
    const read = this.#destination.read(this.#audience, since, keepOut);
    for await (const page of read.pages) {
      for (const member of page) this.#left.set(member.address, member.status);
    }
    this.#from = read.nextFrom();
    this.#readAt = began;
  }
}
