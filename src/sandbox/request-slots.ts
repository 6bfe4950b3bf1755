import type { User } from './access.ts';

/** Requests in flight per user, over all of the user's keys (FACTS §9.1). */
export class RequestSlots {
  #held = new Map<User, number>();

  held(user: User): number {
    return this.#held.get(user) ?? 0;
  }

  /** Takes a slot if one of `ceiling` is free. The work gives it back, not the client's going away (FACTS §9.2). */
  take(user: User, ceiling: number): boolean {
    const held = this.held(user);
    if (held >= ceiling) return false;
    this.#held.set(user, held + 1);
    return true;
  }

  release(user: User): void {
    this.#held.set(user, this.held(user) - 1);
  }
}
