import { Access } from './access.ts';
import { billableContacts } from './audience.ts';
import type { Audience } from './audience.ts';
import type { AccountExport } from './account-exports.ts';
import { Faults } from './faults.ts';
import type { LatencyModel } from './latency.ts';
import { defaultModes } from './modes.ts';
import type { SandboxModes } from './modes.ts';
import type { OperationBatch } from './operation-batch.ts';
import type { ApiAnswer, ApiRequest } from './perform.ts';
import { seededRandom } from './random.ts';
import { RequestLog } from './request-log.ts';
import { RequestSlots } from './request-slots.ts';
import type { Seconds } from './seconds.ts';
import { WebhookDelivery } from './webhook-delivery.ts';

export interface AccountSettings {
  apiKey: string;
  seed: number;
  latency: LatencyModel;
  modes: Partial<SandboxModes>;
}

/** The one Mailchimp account of a sandbox: its audiences, its people, its manners. */
export class Account {
  modes: SandboxModes;
  latency: LatencyModel;
  audiences = new Map<string, Audience>();
  /** Audiences ever made, so that numeric ids differ. */
  audiencesMade = 0;
  access: Access;
  faults: Faults;
  batches = new Map<string, OperationBatch>();
  batchWebhooks = new Map<string, string>();
  exports: AccountExport[] = [];
  readonly slots = new RequestSlots();
  readonly log = new RequestLog();
  readonly webhooks: WebhookDelivery;
  readonly random: () => number;
  /** Aborted when the sandbox closes: nothing waits longer than that. */
  readonly closing: AbortSignal;
  /** The API itself, for what runs inside of batches. */
  readonly perform: (request: Omit<ApiRequest, 'origin'>) => Promise<ApiAnswer>;
  readonly #settings: AccountSettings;
  #shift = 0;

  constructor(
    settings: AccountSettings,
    perform: (account: Account, request: ApiRequest) => Promise<ApiAnswer>,
    closing: AbortSignal,
  ) {
    this.#settings = settings;
    this.perform = (request) => perform(this, { origin: '', ...request });
    this.closing = closing;
    this.random = seededRandom(settings.seed);
    this.modes = { ...defaultModes, ...settings.modes };
    this.latency = settings.latency;
    this.access = firstAccess(settings.apiKey, this.random);
    this.faults = new Faults(this.random);
    this.webhooks = new WebhookDelivery(
      () => this.modes,
      () => this.date(),
      closing,
    );
  }

  now(): Seconds {
    return Math.floor(Date.now() / 1000) + this.#shift;
  }

  date(): Date {
    return new Date(Date.now() + this.#shift * 1000);
  }

  /** Moves the account's clock on, for what takes minutes or days in Mailchimp. */
  advance(seconds: number): void {
    this.#shift += seconds;
  }

  /** Resolves after `ms`, or when the sandbox closes. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      if (this.closing.aborted) return resolve();
      const done = () => {
        clearTimeout(timer);
        this.closing.removeEventListener('abort', done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.closing.addEventListener('abort', done);
    });
  }

  billable(): number {
    let sum = 0;
    for (const audience of this.audiences.values()) sum += billableContacts(audience);
    return sum;
  }

  /**
   * Back to an empty account with the settings of the start; requests in flight go on and find their audience gone.
   * Random numbers and the ids counted up from go on too, so that nothing made later has an id of before.
   */
  reset(): void {
    this.modes = { ...defaultModes, ...this.#settings.modes };
    this.latency = this.#settings.latency;
    this.audiences = new Map();
    this.access = firstAccess(this.#settings.apiKey, this.random);
    this.faults.clear();
    this.batches = new Map();
    this.batchWebhooks = new Map();
    this.exports = [];
    this.webhooks.reset();
    this.log.reset();
    this.#shift = 0;
  }
}

function firstAccess(apiKey: string, random: () => number): Access {
  const access = new Access(random);
  access.setToken(apiKey, access.addUser('owner', 'owner'));
  access.registerApp({ clientId: 'sandbox-client', clientSecret: 'sandbox-secret' });
  return access;
}
