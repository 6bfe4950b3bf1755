import type { Identity, UserId } from '../access/identity.ts';
import type { Actions, App } from '../app.ts';
import { actionRules } from '../app/action-rules.ts';

/** A whole world of made-up customers with a Mailchimp of its own. */
export interface SampleBeside {
  app: App;
  /** Where its Mailchimp shows what it has. */
  mailchimp: string;
  close(): Promise<void>;
}

/**
 * Which application people see in their browsers: their own, or for a while a sample beside it. Programs with tokens and
 * the command line always reach their own, and so does everything that is about the installation.
 */
export class SampleStage {
  readonly #app: App;
  readonly #make: (() => Promise<SampleBeside>) | undefined;
  #sample: Promise<SampleBeside> | undefined;
  #made: SampleBeside | undefined;
  /** Whom the sample has in its list of users, as they were then: not asked of its database with every request. */
  #known = new Map<UserId, string>();

  /** @param make absent: there are no samples here */
  constructor(app: App, make: (() => Promise<SampleBeside>) | undefined) {
    this.#app = app;
    this.#make = make;
  }

  get canBegin(): boolean {
    return this.#make !== undefined;
  }

  /** The sample that is looked at now. */
  get made(): SampleBeside | undefined {
    return this.#made;
  }

  /** Once, however often it is asked for. */
  async begin(): Promise<void> {
    const mine = (this.#sample ??= this.#make?.());
    try {
      const made = await mine;
      // Else it was ended while it was made.
      if (this.#sample === mine) this.#made = made;
    } catch (error) {
      if (this.#sample === mine) this.#sample = undefined;
      throw error;
    }
  }

  async end(): Promise<void> {
    const ended = this.#sample;
    this.#sample = undefined;
    this.#made = undefined;
    this.#known = new Map();
    await (await ended?.catch(() => undefined))?.close();
  }

  /** What this person may do, in the world that they see. */
  async actionsFor(who: Identity, action: keyof Actions): Promise<Actions> {
    const sample = this.#made;
    if (sample === undefined || who.via !== 'session' || actionRules[action].ofInstallation === true)
      return this.#app.as(who);
    const known = this.#known;
    const now = JSON.stringify([who.email, who.name, who.role, who.extra]);
    if (known.get(who.user) !== now) {
      await sample.app.know(who);
      known.set(who.user, now);
    }
    return sample.app.as(who);
  }
}
