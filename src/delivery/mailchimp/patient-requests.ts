import type { Clock } from '../../base/clock.ts';
import { nextWait } from '../../base/retry-schedule.ts';
import { pathOf, type ApiRequest, type Method } from './api-request.ts';
import type { HttpAnswer, HttpOutcome, HttpTransport } from './http-transport.ts';
import type { Slot, SlotSource } from './request-slots.ts';
import { lackOf } from './parse-answers.ts';
import { isSuccess, setbackOf, type Setback } from './setback.ts';

/** What happened to one attempt; never a path with a person in it, never a body. */
export interface RequestEvent {
  method: Method;
  template: string;
  /** 1 for the first attempt of a call. */
  attempt: number;
  outcome: HttpOutcome['kind'];
  /** Of an answer. */
  status?: number;
  /** From the first byte sent to the end of the answer; 0 when nothing was sent. */
  ms: number;
  /** Requests in flight after this one ended, abandoned ones that may still run included. */
  inFlight: number;
  /** How many may be in flight at the moment. */
  allowed: number;
}

export interface RequestStats {
  /** Attempts that left. */
  requests: number;
  /** Of these, everything but GET. */
  writes: number;
  /** Attempts after the first of a call. */
  retries: number;
  /** Answers that said "too many". */
  throttled: number;
}

export interface PatientOptions {
  transport: HttpTransport;
  slots: SlotSource;
  deadlineMs: number;
  clock: Clock;
  random: () => number;
  observe: (event: RequestEvent) => void;
}

/** What came back, when it was asked for and when it was here, by our clock. */
export interface Reply {
  answer: HttpAnswer;
  sentAt: Date;
  receivedAt: Date;
}

/** What a caller has to say about the attempts of a call. */
export interface CallHooks {
  /** Called with a slot in hand, right before an attempt leaves; false gives the slot back, for `renew` first. */
  beforeSend?: () => Promise<boolean>;
  /** Called after each wait for another attempt, and after `beforeSend` said no; throws to give the call up. */
  renew?: () => Promise<void>;
}

/** Calls with patience: a slot for each attempt, and further attempts where `setbackOf` says so. */
export class PatientRequests {
  readonly #options: PatientOptions;
  readonly #stats: RequestStats = { requests: 0, writes: 0, retries: 0, throttled: 0 };

  constructor(options: PatientOptions) {
    this.#options = options;
  }

  stats(): RequestStats {
    return { ...this.#stats };
  }

  /**
   * The successful answer's value.
   * @param read parses the answer; when it throws, what came back was no answer of Mailchimp's
   * @param signal after its abort nothing new is sent; a request that has left is let finish
   * @throws MailchimpRefusal, MailchimpUnreachable, MailchimpOutcomeUnknown, or the signal's reason
   */
  async call<T>(
    request: ApiRequest,
    read: (reply: Reply) => T,
    signal?: AbortSignal,
    hooks: CallHooks = {},
  ): Promise<T> {
    const { clock, random, deadlineMs } = this.#options;
    // Before there is a slot: 500 people take milliseconds, in which the slot could carry another request.
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    for (let attempt = 1; ; attempt++) {
      const slot = await this.#readySlot(hooks, signal);
      const outcome = await this.#send(request, body, slot, signal);
      const reading = readOutcome(outcome, read);
      const setback = reading.done ? undefined : setbackOf(request, outcome, deadlineMs, reading.lack);
      slot.end(setback?.slotEnd ?? { kind: 'over' });
      this.#record(request, attempt, outcome, setback);
      if (reading.done) return reading.value;

      if (outcome.kind === 'unsent') signal?.throwIfAborted();
      const wait = setback?.schedule === undefined ? undefined : nextWait(setback.schedule, attempt, random);
      if (wait === undefined) throw setback?.error;
      await clock.sleep(wait, signal);
      await hooks.renew?.();
    }
  }

  /** A slot may be long in coming, and what the request says may be out of date by then. */
  async #readySlot({ beforeSend, renew }: CallHooks, signal: AbortSignal | undefined): Promise<Slot> {
    for (;;) {
      const slot = await this.#options.slots.acquire(signal);
      try {
        if (beforeSend === undefined || (await beforeSend())) return slot;
      } catch (error) {
        slot.end({ kind: 'unused' });
        throw error;
      }
      slot.end({ kind: 'unused' });
      await renew?.();
    }
  }

  async #send(
    request: ApiRequest,
    body: string | undefined,
    slot: Slot,
    signal: AbortSignal | undefined,
  ): Promise<HttpOutcome> {
    try {
      return await this.#options.transport.send(request.method, pathOf(request), body, signal);
    } catch (bug) {
      slot.end({ kind: 'over' });
      throw bug;
    }
  }

  #record(request: ApiRequest, attempt: number, outcome: HttpOutcome, setback: Setback | undefined): void {
    const { slots, clock, observe } = this.#options;
    const ms = outcome.kind === 'unsent' ? 0 : Math.max(0, clock.now().getTime() - outcome.sentAt.getTime());
    if (outcome.kind !== 'unsent') this.#stats.requests++;
    if (outcome.kind !== 'unsent' && request.method !== 'GET') this.#stats.writes++;
    if (attempt > 1) this.#stats.retries++;
    if (setback?.slotEnd.kind === 'throttled') this.#stats.throttled++;
    observe({
      method: request.method,
      template: request.template,
      attempt,
      outcome: outcome.kind,
      ...(outcome.kind === 'answered' ? { status: outcome.answer.status } : {}),
      ms,
      inFlight: slots.inFlight,
      allowed: slots.allowed,
    });
  }
}

/** `lack`: what a successful answer lacked; absent where there was no such answer. */
type Reading<T> = { done: true; value: T } | { done: false; lack?: string };

function readOutcome<T>(outcome: HttpOutcome, read: (reply: Reply) => T): Reading<T> {
  if (outcome.kind !== 'answered' || !isSuccess(outcome.answer)) return { done: false };
  try {
    return { done: true, value: read(outcome) };
  } catch (error) {
    return { done: false, lack: lackOf(error) };
  }
}
