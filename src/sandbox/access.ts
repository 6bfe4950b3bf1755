import { randomHex } from './random.ts';

export const roles = ['owner', 'admin', 'manager', 'author', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** Somebody of the account. Tokens belong to a user, and so does the ceiling of requests (FACTS §2). */
export interface User {
  readonly id: number;
  readonly name: string;
  role: Role;
  /** `disabled` answers 403 to everything. */
  state: 'active' | 'disabled';
}

/** An app registered for OAuth. */
export interface OAuthApp {
  clientId: string;
  clientSecret: string;
  /** Compared to the letter; undefined accepts any, for as long as the token call repeats it. */
  redirectUri?: string | undefined;
}

interface Grant {
  clientId: string;
  redirectUri: string;
  user: User;
}

/** Users, API keys, OAuth tokens, apps and pending authorisation codes of the account. */
export class Access {
  readonly users: User[] = [];
  #tokens = new Map<string, User>();
  #apps = new Map<string, OAuthApp>();
  #grants = new Map<string, Grant>();
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  addUser(name: string, role: Role): User {
    const user: User = { id: 100 + this.users.length, name, role, state: 'active' };
    this.users.push(user);
    return user;
  }

  userByName(name: string): User | undefined {
    return this.users.find((user) => user.name === name);
  }

  userOfToken(token: string): User | undefined {
    return this.#tokens.get(token);
  }

  setToken(token: string, user: User): void {
    this.#tokens.set(token, user);
  }

  issueToken(user: User): string {
    const token = `${randomHex(this.#random, 32)}-us1`;
    this.#tokens.set(token, user);
    return token;
  }

  /** Says whether the token was one. */
  revoke(token: string): boolean {
    return this.#tokens.delete(token);
  }

  /** As if the person had taken the app off their account: nobody's token works any more. */
  revokeAll(): void {
    this.#tokens.clear();
  }

  registerApp(app: OAuthApp): void {
    this.#apps.set(app.clientId, app);
  }

  app(clientId: string): OAuthApp | undefined {
    return this.#apps.get(clientId);
  }

  grant(clientId: string, redirectUri: string, user: User): string {
    const code = randomHex(this.#random, 32);
    this.#grants.set(code, { clientId, redirectUri, user });
    return code;
  }

  /** The grant behind a code, which works once. */
  redeem(code: string): Grant | undefined {
    const grant = this.#grants.get(code);
    this.#grants.delete(code);
    return grant;
  }
}
