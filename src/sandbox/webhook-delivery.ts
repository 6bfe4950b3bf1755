import { createHmac } from 'node:crypto';
import type { Audience } from './audience.ts';
import type { SandboxModes } from './modes.ts';
import type { WebhookEvent } from './webhook-event.ts';
import type { Webhook, WebhookSource } from './webhook.ts';

/** What became of one delivery; without the body, which is about a person. */
export interface WebhookAttempt {
  webhook: string;
  type: WebhookEvent['type'];
  /** The status of the answer; 0 when there was none. */
  status: number;
}

/** How long a receiver may take to answer, in ms (FACTS §7). */
const patienceMs = 10_000;
/** How many attempts are remembered, the latest ones. */
const kept = 5000;
/** Waits before the second, third… try, in ms. Mailchimp takes 75 minutes; a test has not that long. */
const retryWaitsMs = [200, 1000, 5000];

interface Parcel {
  webhook: Webhook;
  type: WebhookEvent['type'];
  body: string;
}

/** Sends events to the webhooks of an audience: signed, form-encoded, and as badly as the modes say (FACTS §9.16). */
export class WebhookDelivery {
  readonly attempts: WebhookAttempt[] = [];
  #waiting: Parcel[] = [];
  #timer: NodeJS.Timeout | undefined;
  #open = new Set<Promise<void>>();
  /** Aborted by `reset`: what was queued before it is not delivered, nor tried again. */
  #era = new AbortController();
  readonly #modes: () => SandboxModes;
  readonly #now: () => Date;
  readonly #closing: AbortSignal;

  constructor(modes: () => SandboxModes, now: () => Date, closing: AbortSignal) {
    this.#modes = modes;
    this.#now = now;
    this.#closing = closing;
    closing.addEventListener('abort', () => clearTimeout(this.#timer), { once: true });
  }

  /** Queues the events for every webhook that wants them from this source. */
  send(audience: Audience, source: WebhookSource, events: readonly WebhookEvent[]): void {
    for (const event of events) {
      const body = formBody(event, this.#now());
      for (const webhook of audience.webhooks.values()) {
        if (!webhook.events[event.type] || !webhook.sources[source]) continue;
        for (let copy = 0; copy < this.#modes().webhookCopies; copy++) {
          this.#waiting.push({ webhook, type: event.type, body });
        }
      }
    }
    if (this.#waiting.length > 0)
      this.#timer ??= setTimeout(() => this.#deliver(), this.#modes().webhookDelayMs);
  }

  /** Delivers what waits and resolves when every delivery has been answered or given up. */
  async flush(): Promise<void> {
    this.#deliver();
    while (this.#open.size > 0) await Promise.all(this.#open);
  }

  /** Forgets what waits, what is being tried, and what became of the rest. */
  reset(): void {
    this.#era.abort();
    this.#era = new AbortController();
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#waiting = [];
    this.attempts.length = 0;
  }

  #deliver(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const parcels = this.#waiting;
    this.#waiting = [];
    if (this.#modes().webhookOrder === 'reversed') parcels.reverse();
    if (parcels.length === 0 || this.#closing.aborted) return;
    const over = AbortSignal.any([this.#closing, this.#era.signal]);
    const work = this.#postAll(parcels, over).finally(() => this.#open.delete(work));
    this.#open.add(work);
  }

  async #postAll(parcels: readonly Parcel[], over: AbortSignal): Promise<void> {
    for (const parcel of parcels) await this.#postWithRetries(parcel, over);
  }

  async #postWithRetries(parcel: Parcel, over: AbortSignal): Promise<void> {
    for (const wait of [...retryWaitsMs, undefined]) {
      if (over.aborted) return;
      const status = await this.#post(parcel, over);
      if (over.aborted) return;
      this.attempts.push({ webhook: parcel.webhook.id, type: parcel.type, status });
      if (this.attempts.length > 2 * kept) this.attempts.splice(0, kept);
      if ((status >= 200 && status < 300) || wait === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, wait).unref());
    }
  }

  async #post({ webhook, body }: Parcel, over: AbortSignal): Promise<number> {
    const headers: Record<string, string> = {
      'content-type': 'application/x-www-form-urlencoded',
      'user-agent': 'MailChimp',
    };
    if (this.#modes().webhookSigning === 'signed') {
      const at = Math.floor(this.#now().getTime() / 1000);
      const signature = createHmac('sha256', webhook.secret).update(`${at}.${body}`).digest('hex');
      headers['x-mailchimp-signature'] = `t=${at},v1=${signature}`;
    }
    try {
      const signal = AbortSignal.any([over, AbortSignal.timeout(patienceMs)]);
      const answer = await fetch(webhook.url, { method: 'POST', headers, body, signal });
      await answer.body?.cancel();
      return answer.status;
    } catch {
      return 0;
    }
  }
}

/** `type=…&fired_at=Y-m-d H:i:s&data[merges][FNAME]=…`, times in UTC (FACTS §7). */
function formBody(event: WebhookEvent, now: Date): string {
  const form = new URLSearchParams({
    type: event.type,
    fired_at: now.toISOString().slice(0, 19).replace('T', ' '),
  });
  appendNested(form, 'data', event.data);
  return form.toString();
}

function appendNested(form: URLSearchParams, name: string, value: unknown): void {
  if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) appendNested(form, `${name}[${key}]`, inner);
  } else {
    form.append(name, typeof value === 'string' ? value : (JSON.stringify(value) ?? ''));
  }
}
