import type { Clock } from '../../base/clock.ts';
import { PostriderError } from '../../base/errors.ts';

export interface SlotsOptions {
  /** The ceiling, from 1. */
  max: number;
  clock: Clock;
  /** Until when requests of an earlier process may still run; each takes a slot until then. */
  heldUntil?: readonly Date[];
}

/** How a request ended, as far as its slot is concerned. */
export type SlotEnd =
  /** Answered, or never sent: nothing of it runs on the server. */
  | { kind: 'over' }
  /** Given back before anything was tried. */
  | { kind: 'unused' }
  /** The server refused it for too many at once. */
  | { kind: 'throttled' }
  /** No answer that we could trust: the server may work on it until this moment. */
  | { kind: 'abandoned'; until: Date };

/** The right to have one request in flight; `end` gives it back, once. */
export interface Slot {
  end(how: SlotEnd): void;
}

/** Where requests get their slots from. */
export interface SlotSource {
  /** Requests that run or may still run on the server. */
  readonly inFlight: number;
  /** Of `inFlight`, those nobody waits for any more. */
  readonly held: number;
  /** How many may be in flight at the moment. */
  readonly allowed: number;
  /** Resolves when a slot is free; rejects with the signal's reason, or after `close`. */
  acquire(signal?: AbortSignal): Promise<Slot>;
  /** No more slots: those who wait are refused. Resolves when the taken ones came back. */
  close(): Promise<void>;
}

/** What those are refused with who wait for a slot when it is closed. */
export function clientClosed(): PostriderError {
  return new PostriderError({
    kind: 'conflict',
    code: 'mailchimp_client_closed',
    message: 'The connection to Mailchimp was closed before the request could leave.',
    retry: 'later',
  });
}

// A raise is tried after so many good answers. At 200 ms an answer and 4 at once, that is every second.
const goodAnswersPerRaise = 20;

/**
 * The ceiling: at most `max` requests in flight, and fewer after the server said "too many" (others use the
 * account too). Halved on a refusal, raised by one after a while without: the rule by which TCP shares a line.
 * Refusals of requests that left before the last halving say nothing new and do not halve again.
 *
 * A slot goes `free → taken → free`, or `taken → held → free` where the request was abandoned: Mailchimp works on
 * after we hung up, and counts that. First come, first served.
 */
export class RequestSlots implements SlotSource {
  readonly #max: number;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  #waiting: { grant: (slot: Slot) => void; refuse: (reason: unknown) => void }[] = [];
  #allowed: number;
  #taken = 0;
  #held = 0;
  #halvings = 0;
  #goodAnswers = 0;
  #idle: (() => void)[] = [];

  constructor(options: SlotsOptions) {
    this.#max = options.max;
    this.#allowed = options.max;
    this.#clock = options.clock;
    for (const until of options.heldUntil ?? []) this.#hold(until);
  }

  /** Requests that run or may still run on the server. */
  get inFlight(): number {
    return this.#taken + this.#held;
  }

  /** Of `inFlight`, those we no longer wait for. */
  get held(): number {
    return this.#held;
  }

  /** How many may be in flight at the moment. */
  get allowed(): number {
    return this.#allowed;
  }

  /** Resolves when a slot is free; rejects with the signal's reason, or after `close`. */
  acquire(signal?: AbortSignal): Promise<Slot> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      if (this.#closing.signal.aborted) return reject(this.#closing.signal.reason as Error);
      const withdraw = () => {
        this.#waiting = this.#waiting.filter((other) => other !== waiter);
        reject(signal?.reason as Error);
      };
      const waiter = {
        grant(slot: Slot) {
          signal?.removeEventListener('abort', withdraw);
          resolve(slot);
        },
        refuse: reject,
      };
      signal?.addEventListener('abort', withdraw, { once: true });
      this.#waiting.push(waiter);
      this.#serve();
    });
  }

  /** No more slots: those who wait are refused. Resolves when the taken ones came back; held ones are let go. */
  async close(): Promise<void> {
    this.#closing.abort(clientClosed());
    for (const waiter of this.#waiting.splice(0)) waiter.refuse(this.#closing.signal.reason);
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }

  #serve(): void {
    while (this.inFlight < this.#allowed) {
      const waiter = this.#waiting.shift();
      if (waiter === undefined) return;
      this.#taken++;
      waiter.grant(this.#slot());
    }
  }

  #slot(): Slot {
    const halvingsAtStart = this.#halvings;
    let ended = false;
    return {
      end: (how) => {
        if (ended) return;
        ended = true;
        this.#taken--;
        switch (how.kind) {
          case 'over':
            this.#raise();
            break;
          case 'unused':
            break;
          case 'throttled':
            if (halvingsAtStart === this.#halvings) this.#halve();
            break;
          case 'abandoned':
            this.#hold(how.until);
            break;
        }
        if (this.#taken === 0) for (const resolve of this.#idle.splice(0)) resolve();
        this.#serve();
      },
    };
  }

  #halve(): void {
    this.#allowed = Math.max(1, Math.floor(this.#allowed / 2));
    this.#halvings++;
    this.#goodAnswers = 0;
  }

  #raise(): void {
    if (this.#allowed === this.#max || ++this.#goodAnswers < goodAnswersPerRaise) return;
    this.#allowed++;
    this.#goodAnswers = 0;
  }

  #hold(until: Date): void {
    const left = until.getTime() - this.#clock.now().getTime();
    if (left <= 0 || this.#closing.signal.aborted) return;
    this.#held++;
    const release = () => {
      this.#held--;
      this.#serve();
    };
    // The sleep ends early only when we close; then nobody waits for the slot.
    this.#clock.sleep(left, this.#closing.signal).then(release, release);
  }
}
