import type { RouteOptions } from 'fastify';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { roles, type Role } from '../access/role.ts';
import { TestServer, type Client } from './test-support/test-server.ts';

/** Every route, under the lowest role that may use it; written by hand, and held to what the server does. */
const lowestRole: Record<Role, string> = {
  viewer: `
    GET /api/v1/me · PATCH /api/v1/me · POST /api/v1/me/password
    GET /api/v1/me/sessions · DELETE /api/v1/me/sessions/:id
    GET /api/v1/me/tokens · POST /api/v1/me/tokens · DELETE /api/v1/tokens/:id
    GET /api/v1/doctor · GET /api/v1/about
    GET /api/v1/sources · GET /api/v1/sources/:id · GET /api/v1/loads
    GET /api/v1/unify · GET /api/v1/schedule · GET /api/v1/retention
    GET /api/v1/relationships · GET /api/v1/relationships/:id
    GET /api/v1/computed · GET /api/v1/computed/:id
    GET /api/v1/segments · GET /api/v1/segments/:id · GET /api/v1/segments/:id/settings · GET /api/v1/fields
    GET /api/v1/segments/:id/trend · POST /api/v1/segments/overlap
    GET /api/v1/connections/pickable · GET /api/v1/consent-text
    GET /api/v1/exports · GET /api/v1/exports/:id · GET /api/v1/exports/:id/settings
    GET /api/v1/exports/:id/processing · GET /api/v1/audiences
    GET /api/v1/runs · GET /api/v1/runs/:id
    GET /api/v1/tasks · GET /api/v1/tasks/:id · GET /api/v1/tasks/:id/events · GET /api/v1/schedule/ahead
    GET /api/v1/webhooks · GET /api/v1/sample`,
  contributor: `
    GET /api/v1/workspace
    GET /api/v1/sources/:id/columns · GET /api/v1/sources/:id/rejected · GET /api/v1/sources/:id/rejected.csv
    PUT /api/v1/segments/:id/settings · PATCH /api/v1/segments/:id · DELETE /api/v1/segments/:id
    POST /api/v1/segments/:id/refresh · POST /api/v1/segments/:id/freeze · POST /api/v1/segments/:id/duplicate
    POST /api/v1/segments/quick · POST /api/v1/segments/look-ahead
    GET /api/v1/segments/:id/members · GET /api/v1/segments/:id/members.csv · GET /api/v1/segments/:id/changes
    POST /api/v1/segments/:id/why · GET /api/v1/fields/:id · GET /api/v1/fields/:id/values
    POST /api/v1/connections/:id/test · GET /api/v1/connections/:id/audiences/:audience
    GET /api/v1/exports/matching · POST /api/v1/exports/size
    PUT /api/v1/exports/:id/settings · DELETE /api/v1/exports/:id
    POST /api/v1/exports/:id/duplicate · POST /api/v1/exports/:id/detach
    POST /api/v1/exports/:id/pause · POST /api/v1/exports/:id/resume
    POST /api/v1/exports/:id/plan · POST /api/v1/exports/:id/run · POST /api/v1/exports/run-all
    GET /api/v1/runs/:id/people · GET /api/v1/runs/:id/plan.csv · GET /api/v1/runs/:id/people.csv
    GET /api/v1/runs/:id/exceptions
    POST /api/v1/runs/:id/undo-plan · POST /api/v1/runs/:id/undo · POST /api/v1/runs/:id/cancel
    POST /api/v1/refresh · POST /api/v1/tasks/:id/cancel
    POST /api/v1/people/find · POST /api/v1/people/list`,
  administrator: `
    GET /api/v1/users · POST /api/v1/users · GET /api/v1/users/:id · PATCH /api/v1/users/:id
    DELETE /api/v1/users/:id · POST /api/v1/users/:id/reset-link · GET /api/v1/tokens
    GET /api/v1/audit · GET /api/v1/audit.csv
    PUT /api/v1/sources/:id · DELETE /api/v1/sources/:id · PUT /api/v1/sources/:id/pushed
    PUT /api/v1/sources/:id/files/:name · POST /api/v1/sources/:id/rows
    PUT /api/v1/unify · POST /api/v1/unify/preview · GET /api/v1/unify/proposals · GET /api/v1/unify/shared-values
    PUT /api/v1/relationships/:id · DELETE /api/v1/relationships/:id
    PUT /api/v1/computed/:id · DELETE /api/v1/computed/:id
    GET /api/v1/connections · GET /api/v1/connections/:id · PUT /api/v1/connections/:id
    POST /api/v1/connections/:id/export-user · POST /api/v1/connections/:id/remove
    POST /api/v1/mailchimp/sign-in · GET /api/v1/mailchimp/callback
    PUT /api/v1/schedule · POST /api/v1/sample · DELETE /api/v1/sample
    GET /api/v1/alerts · POST /api/v1/alerts · DELETE /api/v1/alerts/:id · POST /api/v1/alerts/:id/test
    POST /api/v1/runs/:id/release
    POST /api/v1/people/forget · POST /api/v1/people/forget/preview
    POST /api/v1/people/forget/lift · POST /api/v1/people/forget/receipts
    POST /api/v1/exports/:id/webhook · DELETE /api/v1/webhooks/:id`,
  owner: `PUT /api/v1/retention · POST /api/v1/secret-key/rotate · GET /api/v1/backup.tar`,
};

/** For anybody: the door, and whether the server is there. */
const open = `
  GET /healthz · GET /readyz · GET /metrics
  GET /api/v1/sign-in · POST /api/v1/sign-in · POST /api/v1/sign-in/again · DELETE /api/v1/session
  POST /api/v1/links/read · POST /api/v1/links/use
  GET /api/v1/sign-in/service · GET /api/v1/sign-in/service/callback
  GET /webhooks/mailchimp/:token · POST /webhooks/mailchimp/:token`;

const named = (text: string): string[] =>
  text
    .split(/[·\n]/)
    .map((each) => each.trim())
    .filter((each) => each !== '');
const nameOf = ({ method, url }: Pick<RouteOptions, 'method' | 'url'>) => `${String(method)} ${url}`;

let test: TestServer;
let routes: RouteOptions[];
const clients = new Map<Role | 'nobody' | 'token without a scope for it', Client>();

beforeAll(async () => {
  test = await TestServer.open();
  routes = test.routes
    .flatMap((route) => [route.method].flat().map((method) => ({ ...route, method })))
    .filter(({ method, url }) => method !== 'HEAD' && method !== 'OPTIONS' && !url.startsWith('/docs'));
  for (const role of roles) clients.set(role, await test.user(role, `${role}2@acme.test`));
  clients.set('nobody', test.client());
  clients.set(
    'token without a scope for it',
    await test.token(clients.get('owner') as Client, ['data.push']),
  );
}, 60_000);
afterAll(() => test.close());

/** What came of asking, with ids of nothing and no body: who may not is told so before anything else. */
async function outcome(who: Parameters<typeof clients.get>[0], { method, url }: RouteOptions) {
  const path = url.replaceAll(/:\w+/g, 'nothing-of-this-id');
  const { status, body } = await (clients.get(who) as Client).call<{ code?: string } | undefined>(
    method as 'GET',
    path,
  );
  return { status, code: body?.code };
}

describe('every route', () => {
  it('stands in the table above, once', () => {
    const all = [...Object.values(lowestRole), open].flatMap(named);
    expect(all.toSorted()).toEqual([...new Set(routes.map(nameOf))].toSorted());
  });

  it.each(roles)('lets a %s do what the table says, and nothing else', async (role) => {
    const mays = new Set(roles.slice(0, roles.indexOf(role) + 1).flatMap((each) => named(lowestRole[each])));
    const wrong: string[] = [];
    for (const route of routes.filter(({ config }) => config?.action !== undefined)) {
      // Ending one's own session would end the test's.
      if (nameOf(route) === 'DELETE /api/v1/session') continue;
      const { status, code } = await outcome(role, route);
      const refused = status === 403 && code === 'not_permitted';
      const broken = status === 401 || (status >= 500 && code !== 'no_server');
      if (broken || refused === mays.has(nameOf(route))) wrong.push(`${nameOf(route)}: ${status} ${code}`);
    }
    expect(wrong).toEqual([]);
  });

  it('asks whoever says nothing of themselves to sign in', async () => {
    for (const route of routes.filter(({ config }) => config?.action !== undefined)) {
      expect(await outcome('nobody', route), nameOf(route)).toEqual({ status: 401, code: 'sign_in_needed' });
    }
    expect((await test.client().get('/metrics')).status).toBe(401);
  });

  it('shows people to nobody who may not see them, whatever else they may', async () => {
    const owner = clients.get('owner') as Client;
    const draft = { rules: { combinator: 'and', rules: [] } };
    for (const [scopes, code] of [
      [['segments.edit'], 'not_permitted'],
      [['segments.edit', 'look.people'], undefined],
    ] as const) {
      const token = await test.token(owner, [...scopes]);
      const answers = [
        await token.post('/api/v1/segments/look-ahead', draft),
        await token.get('/api/v1/fields/email/values'),
      ];
      for (const { status, body } of answers) {
        if (code === undefined) expect(status).not.toBe(403);
        else expect(body).toMatchObject({ code });
      }
    }
  });

  it('gives a token no more than its scopes, whoever its owner is', async () => {
    for (const route of routes.filter(({ config }) => config?.action !== undefined)) {
      const { status, code } = await outcome('token without a scope for it', route);
      if (nameOf(route) === 'POST /api/v1/sources/:id/rows') expect(status).toBe(400);
      else expect({ status, code }, nameOf(route)).toEqual({ status: 403, code: 'not_permitted' });
    }
  });
});
