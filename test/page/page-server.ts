import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import type { Page } from 'playwright-core';
import type { Permission } from '../../src/access/permission.ts';
import { openApp, type App } from '../../src/app.ts';
import { readConfig } from '../../src/base/config.ts';
import { sampleBeside } from '../../src/demo/sample-beside.ts';
import { startSandbox, type Sandbox } from '../../src/sandbox/sandbox.ts';
import { openServer } from '../../src/server/open-server.ts';
import { freePort } from '../support/free-port.ts';
import { apiKey, audience } from '../support/newsletter-workspace.ts';

export const owner = { email: 'owner@acme.test', password: 'gray otter under bridge' };

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Customers, so that everything has somebody in it; some have an address that is none. */
export function customers(count = 200): string {
  const rows = Array.from({ length: count }, (_, n) => {
    const email = n % 40 === 7 ? 'not an address' : `person${n}@shop.test`;
    return [n + 1, email, `Ana ${n}`, `Pop ${n}`, n % 2 === 0 ? 'RO' : 'DE', n * 10].join(',');
  });
  return ['id,email,first_name,last_name,country,spent', ...rows].join('\n');
}

/** Sources, unification and segments; connections and exports are made in the page. */
export const workspace = `version: 1
sources:
  crm: { type: csv, name: CRM, path: people.csv, key: id }
unify:
  sources:
    - { source: crm, attributes: { email: email, first_name: first_name, last_name: last_name, country: country, spent: spent } }
segments:
  romania: { name: Romanian customers, rules: { combinator: and, rules: [{ field: country, operator: "=", value: RO }] } }
  big-spenders: { name: Big spenders, tags: [sales], rules: { combinator: and, rules: [{ field: spent, operator: ">=", value: 1000 }] } }
schedule: { timeZone: Europe/Bucharest, daily: ["06:00"] }
`;

export const connectionAndExport = `
connections:
  account: { name: Newsletter account, type: mailchimp, apiKey: "\${MAILCHIMP_API_KEY}", consent: { agreedBy: ana@example.com, date: "2026-11-24", text: v1 } }
exports:
  newsletter: { name: Newsletter, connection: account, audience: "${audience}", match: { email: email }, attributes: { FNAME: first_name, LNAME: last_name }, segments: [romania, big-spenders] }
`;

export interface PageServerOptions {
  /** Beside the workspace, in place of the customers. */
  files?: Readonly<Record<string, string>>;
  /** Whether there is an owner already; else `ownerLink` makes one. */
  owned?: boolean;
  /** Called before the workspace is applied. */
  prepare?: (sandbox: Sandbox) => void;
}

/** The whole product with its page, a local Mailchimp beside it, and 200 customers. */
export class PageServer {
  readonly sandbox: Sandbox;
  readonly app: App;
  readonly address: string;
  readonly folder: string;
  /** Where whoever comes first becomes the owner. */
  readonly ownerLink: string;
  readonly #server: FastifyInstance;

  private constructor(parts: {
    sandbox: Sandbox;
    app: App;
    address: string;
    ownerLink: string;
    folder: string;
    server: FastifyInstance;
  }) {
    this.ownerLink = parts.ownerLink;
    this.sandbox = parts.sandbox;
    this.app = parts.app;
    this.address = parts.address;
    this.folder = parts.folder;
    this.#server = parts.server;
  }

  /**
   * @param text the workspace; none: nothing is there yet
   */
  static async open(
    text?: string,
    { files = {}, owned = true, prepare }: PageServerOptions = {},
  ): Promise<PageServer> {
    // As before every command of package.json: the page is made of the files as they are.
    execFileSync(process.execPath, ['scripts/install-missing.cjs'], { cwd: root });
    const folder = await mkdtemp(join(tmpdir(), 'postrider-page-'));
    const sandbox = await startSandbox({ apiKey });
    sandbox.control.createAudience({ id: audience, name: 'Shop' });
    prepare?.(sandbox);
    const port = await freePort();
    const env = {
      POSTRIDER_DATA: join(folder, 'data'),
      POSTRIDER_PORT: String(port),
      ...(owned ? { POSTRIDER_OWNER_EMAIL: owner.email, POSTRIDER_OWNER_PASSWORD: owner.password } : {}),
      MAILCHIMP_API_KEY: apiKey,
      MAILCHIMP_BASE_URL: sandbox.apiRoot,
      MAILCHIMP_OAUTH_URL: sandbox.oauthUrl,
      MAILCHIMP_CLIENT_ID: 'sandbox-client',
      MAILCHIMP_CLIENT_SECRET: 'sandbox-secret',
    };
    const config = readConfig(env);
    const app = await openApp({ config, env, user: 'test' });
    const ownerSecret = await app.signIn.firstOwner();
    if (text !== undefined) {
      for (const [name, content] of Object.entries({ 'people.csv': customers(), ...files })) {
        await writeFile(join(folder, name), content);
      }
      await writeFile(join(folder, 'workspace.yaml'), text);
      await app.apply(join(folder, 'workspace.yaml'));
      await app.refresh({ until: 'segments', signal: new AbortController().signal });
    }
    const page = join(root, 'web/dist');
    const makeSample = () => sampleBeside(config);
    const server = await openServer({ app, config, version: '0.0.0', page, makeSample });
    await server.listen({ port, host: '127.0.0.1' });
    await app.work({ lookEveryMs: 50, retryAfter: 0 });
    const address = `http://127.0.0.1:${port}`;
    const ownerLink = ownerSecret === undefined ? '' : `${address}/owner#${ownerSecret}`;
    return new PageServer({ sandbox, app, address, ownerLink, folder, server });
  }

  /** Signs in as people do. */
  async signIn(page: Page, { email, password } = owner): Promise<void> {
    await page.goto(`${this.address}/sign-in`);
    await page.locator('input[type=email]').fill(email);
    await page.locator('input[type=password]').fill(password);
    await page.locator('button[type=submit]').click();
    await page.locator('nav').waitFor();
  }

  /** Somebody new, who has used their invitation. */
  async invite(
    email: string,
    role: 'viewer' | 'contributor' | 'administrator',
    extra: Permission[] = [],
  ): Promise<{ email: string; password: string }> {
    const { link } = await this.app.inviteUser({ email, role });
    const secret = link.split('#')[1];
    const { password } = owner;
    const used = await fetch(`${this.address}/api/v1/links/use`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.address },
      body: JSON.stringify({ secret, name: email, password }),
    });
    if (!used.ok) throw new Error(await used.text());
    if (extra.length > 0) await this.app.changeUser(email, { extra }, '*');
    return { email, password };
  }

  /** Chooses the language of whoever is signed in. */
  async speak(language: 'en' | 'ro', { email } = owner): Promise<void> {
    const actions = this.app;
    const user = (await actions.users({ limit: 100 })).items.find((each) => each.email === email);
    if (user === undefined) throw new Error(`no user ${email}`);
    await actions.changeUser(user.id, { language }, '*');
  }

  async close(): Promise<void> {
    await this.#server.close();
    await this.app.close();
    await this.sandbox.close();
    await rm(this.folder, { recursive: true, force: true });
  }
}
