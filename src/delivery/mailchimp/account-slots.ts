import { createHash } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Account } from './audience-model.ts';
import { clientClosed, RequestSlots, type Slot, type SlotSource } from './request-slots.ts';

export interface AccountSlotsOptions {
  /** The ceiling of each account. */
  max: number;
  clock: Clock;
  /**
   * Until when requests of an earlier process may still run. Whose they are is not known before the first question, so
   * each account keeps so many slots until then.
   */
  heldUntil: readonly Date[];
}

/** A key to an account, and how to ask whose it is. */
export interface AccountKey {
  apiRoot: string;
  token: string;
  ask: () => Promise<Account>;
}

/**
 * The slots of every account that this process uses: all clients of one account draw from the same, whatever their key,
 * so that the ceiling is the account's (promise 6). They live as long as the process, and with them the slots of
 * requests that were abandoned by clients which are closed by now.
 */
export class AccountSlots {
  readonly #options: AccountSlotsOptions;
  readonly #accounts = new Map<string, Promise<{ account: Account; slots: RequestSlots }>>();
  readonly #slots = new Map<string, RequestSlots>();
  #asking: Promise<unknown> = Promise.resolve();

  constructor(options: AccountSlotsOptions) {
    this.#options = options;
  }

  /** One client's part in its account's slots; nothing is asked before the first use. */
  client(key: AccountKey): ClientSlots {
    return new ClientSlots(() => this.#of(key), this.#options.max);
  }

  /** Lets all slots go, held ones too: whoever waits for one is refused, and no timer keeps the process alive. */
  async close(): Promise<void> {
    await this.#asking;
    await Promise.all([...this.#slots.values()].map((slots) => slots.close()));
  }

  #of(key: AccountKey): Promise<{ account: Account; slots: RequestSlots }> {
    // Keys are secrets, and a heap is dumped more easily than a file.
    const digest = createHash('sha256').update(`${key.apiRoot}\n${key.token}`).digest('base64');
    const known = this.#accounts.get(digest);
    if (known !== undefined) return known;
    const asked = this.#ask(key).catch((error: unknown) => {
      this.#accounts.delete(digest);
      throw error;
    });
    this.#accounts.set(digest, asked);
    return asked;
  }

  /**
   * Asks whose a key is. The account may be one that is at its ceiling already, so the question waits for a slot of
   * every account that is known. One question at a time: two that hold a slot each could wait for one another.
   */
  #ask({ apiRoot, ask }: AccountKey): Promise<{ account: Account; slots: RequestSlots }> {
    const answer = this.#asking.then(async () => {
      const { max, clock, heldUntil } = this.#options;
      const fresh = new RequestSlots({ max, clock, heldUntil });
      const taken = await Promise.all([...this.#slots.values(), fresh].map((slots) => slots.acquire()));
      try {
        const account = await ask();
        const id = `${apiRoot}\n${account.accountId}`;
        const slots = this.#slots.get(id) ?? fresh;
        this.#slots.set(id, slots);
        return { account, slots };
      } finally {
        for (const slot of taken) slot.end({ kind: 'unused' });
        if (![...this.#slots.values()].includes(fresh)) await fresh.close();
      }
    });
    this.#asking = answer.catch(() => undefined);
    return answer;
  }
}

/** Draws from the slots of an account that others use too; closing it leaves theirs alone. */
export class ClientSlots implements SlotSource {
  readonly #find: () => Promise<{ account: Account; slots: RequestSlots }>;
  readonly #closing = new AbortController();
  readonly #max: number;
  #shared: RequestSlots | undefined;
  #taken = 0;
  #idle: (() => void)[] = [];

  constructor(find: () => Promise<{ account: Account; slots: RequestSlots }>, max: number) {
    this.#find = find;
    this.#max = max;
  }

  /**
   * Whose account it is; asked once in a process.
   * @param signal ends the waiting for the answer; the question goes on, since others may wait for it too
   */
  async account(signal?: AbortSignal): Promise<Account> {
    signal?.throwIfAborted();
    const { account, slots } = await unlessAborted(this.#find(), signal);
    this.#shared = slots;
    return account;
  }

  get inFlight(): number {
    return this.#shared?.inFlight ?? 0;
  }

  get held(): number {
    return this.#shared?.held ?? 0;
  }

  get allowed(): number {
    return this.#shared?.allowed ?? this.#max;
  }

  async acquire(signal?: AbortSignal): Promise<Slot> {
    const closing = this.#closing.signal;
    const either = signal === undefined ? closing : AbortSignal.any([signal, closing]);
    if (this.#shared === undefined) await this.account(either);
    const slot = await (this.#shared as RequestSlots).acquire(either);
    this.#taken += 1;
    let ended = false;
    return {
      end: (how) => {
        if (ended) return;
        ended = true;
        slot.end(how);
        this.#taken -= 1;
        if (this.#taken === 0) for (const resolve of this.#idle.splice(0)) resolve();
      },
    };
  }

  async close(): Promise<void> {
    this.#closing.abort(clientClosed());
    if (this.#taken > 0) await new Promise<void>((resolve) => this.#idle.push(resolve));
  }
}

async function unlessAborted<T>(shared: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return shared;
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = () => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([shared, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
