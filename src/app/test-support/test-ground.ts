import { createSecretKey } from 'node:crypto';
import type { Identity, UserId } from '../../access/identity.ts';
import { hashPassword } from '../../access/passwords.ts';
import type { Role } from '../../access/role.ts';
import { addUser } from '../../access/users.ts';
import { systemClock, type Clock } from '../../base/clock.ts';
import { readConfig, type Config } from '../../base/config.ts';
import { secretKeyOf } from '../../connections/seal.ts';
import { openStore, type Store } from '../../store/open-store.ts';
import type { AppGround } from '../app-ground.ts';

export const testKey = secretKeyOf(createSecretKey(Buffer.alloc(32, 7)));
export const testPassword = 'gray otter under bridge';

/** A clock that stands until it is moved. */
export class MovedClock implements Clock {
  #now = new Date('2026-11-25T09:00:00Z');
  now = (): Date => this.#now;
  sleep = systemClock.sleep;
  forward(ms: number): void {
    this.#now = new Date(this.#now.getTime() + ms);
  }
}

/** What actions about access and settings stand on: a store in memory, and a clock of our own. */
export class TestGround {
  readonly clock = new MovedClock();
  readonly store: Store;
  config: Config = readConfig({ POSTRIDER_PUBLIC_URL: 'https://postrider.test' });

  private constructor(store: Store) {
    this.store = store;
  }

  static async open(): Promise<TestGround> {
    return new TestGround(await openStore({ memory: true }));
  }

  /** For actions that need nothing but the store. */
  as(who: Identity): AppGround {
    const { clock, store, config } = this;
    return {
      clock,
      store,
      config,
      key: testKey,
      engineKey: testKey,
      who,
      by: who.email,
    } as Partial<AppGround> as AppGround;
  }

  async user(role: Role, email = `${role}@acme.test`): Promise<Identity> {
    const now = this.clock.now();
    const passwordHash = await (hashed ??= hashPassword(testPassword));
    const user = await addUser(this.store.db, { email, name: role, role, passwordHash }, now);
    return identity(role, user.id, email, now);
  }

  async clear(): Promise<void> {
    const tables = [
      'user_session',
      'api_token',
      'access_link',
      'sign_in_failure',
      'app_user',
      'audit',
    ] as const;
    for (const table of tables) await this.store.db.deleteFrom(table).execute();
  }
}

let hashed: Promise<string> | undefined;

function identity(role: Role, user: UserId, email: string, reauthenticatedAt: Date): Identity {
  return { user, email, name: role, role, extra: [], via: 'session', reauthenticatedAt };
}
