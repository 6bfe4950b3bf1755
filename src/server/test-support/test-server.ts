import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import type { FastifyInstance, InjectOptions, RouteOptions } from 'fastify';
import { openApp, type App } from '../../app.ts';
import type { Role } from '../../access/role.ts';
import type { Clock } from '../../base/clock.ts';
import { readConfig, type Config } from '../../base/config.ts';
import { startSandbox, type Sandbox } from '../../sandbox/sandbox.ts';
import { openServer } from '../open-server.ts';
import type { SampleBeside } from '../sample-stage.ts';

export const origin = 'http://postrider.test';
export const password = 'gray otter under bridge';

interface Answer<Body> {
  status: number;
  body: Body;
  text: string;
  headers: Record<string, string | undefined>;
}

type Call = Pick<InjectOptions, 'headers'> & { body?: unknown };

/** Somebody at a browser, or a program with a token. */
export class Client {
  readonly #server: TestServer;
  #headers: Record<string, string>;

  constructor(server: TestServer, headers: Record<string, string> = {}) {
    this.#server = server;
    this.#headers = headers;
  }

  /** Keeps the cookies it is given, as browsers do. */
  async call<Body = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    { headers = {}, body }: Call = {},
  ): Promise<Answer<Body>> {
    const answer = await this.#server.fastify.inject({
      method,
      url,
      headers: { host: 'postrider.test', ...this.#headers, ...headers },
      ...(body === undefined ? {} : { payload: body as never }),
    });
    const cookies = answer.cookies.map(({ name, value }) => [name, value] as const);
    if (cookies.length > 0) this.#keep(cookies);
    const text = answer.body;
    const json = (answer.headers['content-type'] ?? '').includes('json');
    return {
      status: answer.statusCode,
      text,
      body: (json ? JSON.parse(text) : undefined) as Body,
      headers: answer.headers as Answer<Body>['headers'],
    };
  }

  get<Body = Record<string, unknown>>(url: string, call?: Call) {
    return this.call<Body>('GET', url, call);
  }
  post<Body = Record<string, unknown>>(url: string, body?: unknown, call?: Call) {
    return this.call<Body>('POST', url, { ...call, body });
  }
  put<Body = Record<string, unknown>>(url: string, body?: unknown, call?: Call) {
    return this.call<Body>('PUT', url, { ...call, body });
  }

  /** As a browser sends it. */
  get cookie(): string | undefined {
    return this.#headers.cookie;
  }

  #keep(cookies: readonly (readonly [string, string])[]): void {
    const kept = new Map(
      (this.#headers.cookie ?? '')
        .split('; ')
        .filter((each) => each !== '')
        .map((each) => each.split(/=(.*)/s) as [string, string]),
    );
    for (const [name, value] of cookies) {
      if (value === '') kept.delete(name);
      else kept.set(name, value);
    }
    this.#headers = { ...this.#headers, cookie: [...kept].map((pair) => pair.join('=')).join('; ') };
  }
}

interface TestServerOptions {
  env?: Record<string, string>;
  clock?: Clock;
  /** Whether what waits is done. */
  work?: boolean;
  makeSample?: () => Promise<SampleBeside>;
}

/** The whole server with a Mailchimp beside it; every answer is held to what the document at /docs says of it. */
export class TestServer {
  readonly folder = mkdtempSync(join(tmpdir(), 'postrider-test-'));
  /** Answers that do not fit their own description. */
  readonly #misfits: string[] = [];
  /** Each line of the log. */
  readonly log: string[] = [];
  app!: App;
  config!: Config;
  fastify!: FastifyInstance;
  sandbox!: Sandbox;
  /** Every route there is. */
  readonly routes: RouteOptions[] = [];
  #owner: Client | undefined;

  static async open({
    env = {},
    clock,
    work = false,
    makeSample,
  }: TestServerOptions = {}): Promise<TestServer> {
    const test = new TestServer();
    test.sandbox = await startSandbox({ apiKey: '5ec2e7c0ffee0123456789abcdef5ec2-us1' });
    test.config = readConfig({
      POSTRIDER_DATA: join(test.folder, 'data'),
      POSTRIDER_PUBLIC_URL: origin,
      POSTRIDER_OWNER_EMAIL: 'owner@acme.test',
      POSTRIDER_OWNER_PASSWORD: password,
      MAILCHIMP_BASE_URL: test.sandbox.apiRoot,
      MAILCHIMP_OAUTH_URL: test.sandbox.oauthUrl,
      MAILCHIMP_CLIENT_ID: 'sandbox-client',
      MAILCHIMP_CLIENT_SECRET: 'sandbox-secret',
      ...env,
    });
    test.app = await openApp({
      config: test.config,
      env,
      user: 'machine',
      ...(clock === undefined ? {} : { clock }),
    });
    await test.app.signIn.firstOwner();
    test.fastify = await openServer({
      app: test.app,
      config: test.config,
      version: '0.0.0',
      log: { write: (line) => void test.log.push(line) },
      prepare: (server) => test.#check(server),
      ...(makeSample === undefined ? {} : { makeSample }),
    });
    if (work) await test.app.work({ lookEveryMs: 50, retryAfter: 0, patienceMs: 5_000, alertWaitMs: 1 });
    return test;
  }

  client(headers: Record<string, string> = {}): Client {
    return new Client(this, { origin, ...headers });
  }

  /** On the wire, for what only happens there. @returns the address */
  listen(): Promise<string> {
    return this.fastify.listen({ port: 0, host: '127.0.0.1' });
  }

  /** The document at /docs. */
  async document(): Promise<OpenApi> {
    return (await this.client().get<OpenApi>('/docs/json')).body;
  }

  async owner(): Promise<Client> {
    // The session of before may be over.
    if (this.#owner === undefined || (await this.#owner.get('/api/v1/me')).status !== 200)
      this.#owner = await this.signIn('owner@acme.test');
    return this.#owner;
  }

  async signIn(email: string, given = password): Promise<Client> {
    const client = this.client();
    const answer = await client.post('/api/v1/sign-in', { email, password: given });
    if (answer.status !== 200) throw new Error(`no sign-in: ${answer.text}`);
    return client;
  }

  /** Somebody new, invited and signed in. */
  async user(role: Role, email = `${role}@acme.test`): Promise<Client> {
    if (role === 'owner' && email === 'owner@acme.test') return this.owner();
    const owner = await this.owner();
    const { body } = await owner.post<{ link: string }>('/api/v1/users', { email, role });
    const client = this.client();
    const secret = body.link.split('#')[1];
    const used = await client.post('/api/v1/links/use', { secret, name: role, password });
    if (used.status !== 200) throw new Error(`no user: ${used.text}`);
    return client;
  }

  async token(client: Client, scopes: string[]): Promise<Client> {
    const { body } = await client.post<{ secret: string }>('/api/v1/me/tokens', {
      name: 'test',
      scopes,
      expiresInDays: 1,
    });
    return new Client(this, { authorization: `Bearer ${body.secret}` });
  }

  /** @throws where an answer did not fit its own description */
  async close(): Promise<void> {
    await this.fastify.close();
    await this.app.close();
    await this.sandbox.close();
    rmSync(this.folder, { recursive: true, force: true });
    if (this.#misfits.length > 0) throw new Error(this.#misfits.join('\n'));
  }

  #check(server: FastifyInstance): void {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    (addFormats as unknown as (to: Ajv2020) => void)(ajv);
    server.addHook('onRoute', (route) => void this.routes.push(route));
    let known: OpenApi | undefined;
    server.addHook('onSend', async (request, reply, payload) => {
      const { url = '' } = request.routeOptions;
      if (!url.startsWith('/api/') || typeof payload !== 'string' || reply.statusCode === 204) return;
      known ??= JSON.parse((await server.inject('/docs/json')).body) as OpenApi;
      const path = url.replaceAll(/:(\w+)/g, '{$1}');
      const operation = known.paths[path]?.[request.method.toLowerCase()];
      const place = `${request.method} ${path} ${reply.statusCode}`;
      if (operation === undefined) return void this.#misfits.push(`${place}: not described`);
      const type = String(reply.getHeader('content-type'));
      if (type.startsWith('application/problem+json')) {
        const { status, code } = JSON.parse(payload) as { status?: number; code?: string };
        if (status !== reply.statusCode || code === undefined) this.#misfits.push(`${place}: no problem`);
        return;
      }
      const schema = operation.responses[String(reply.statusCode)]?.content?.['application/json']?.schema;
      if (!type.startsWith('application/json')) return;
      if (schema === undefined) return void this.#misfits.push(`${place}: no such answer is described`);
      const fits = ajv.compile({ ...schema, components: known.components });
      if (!fits(JSON.parse(payload))) this.#misfits.push(`${place}: ${ajv.errorsText(fits.errors)}`);
    });
  }
}

export interface OpenApi {
  openapi: string;
  paths: Record<
    string,
    Record<
      string,
      {
        description?: string;
        security?: unknown[];
        responses: Record<string, { content?: Record<string, { schema?: object }> }>;
      }
    >
  >;
  components: object;
}
