import { Validator } from '@seriousme/openapi-schema-validator';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { actionRules } from '../app/action-rules.ts';
import { TestServer } from './test-support/test-server.ts';

let test: TestServer;
beforeAll(async () => {
  test = await TestServer.open();
});
afterAll(() => test.close());

/** What the web does not do: it is for whoever sits at the machine, or stands behind another action. */
const notByWeb = new Set([
  // Over files of the machine.
  'apply',
  'previewUnify',
  // Work has a task, which waits for its turn.
  'refresh',
  'refreshSegment',
  'plan',
  'run',
  'release',
  'undo',
  // Other words for what has a route.
  'storedPlan',
  'runs',
  'planPeople',
  'segmentMembers',
  // The owner's link is printed at the machine.
  'ownerLink',
]);

describe('the document at /docs', () => {
  it('is a valid OpenAPI document', async () => {
    const document = await test.document();
    const { valid, errors } = await new Validator().validate(document as never);
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(document.openapi).toBe('3.1.0');
  });

  it('says of each route what the caller needs, or that it is for anybody', async () => {
    const { paths } = await test.document();
    for (const [path, operations] of Object.entries(paths)) {
      for (const [method, { description = '', security = [] }] of Object.entries(operations)) {
        const open = security.length === 0;
        expect(
          open || /^Needs `[\w.]+`( and `look\.people`)?\.$/.test(description),
          `${method} ${path}`,
        ).toBe(true);
      }
    }
  });

  it('has a route for everything that can be done, but what is for the machine alone', () => {
    const done = new Set<string>();
    for (const { config } of test.routes) if (config?.action !== undefined) done.add(config.action);
    const missing = Object.keys(actionRules).filter((action) => !done.has(action) && !notByWeb.has(action));
    expect(missing).toEqual([]);
    expect([...notByWeb].filter((action) => done.has(action))).toEqual([]);
  });

  it('is shown with scripts of our own', async () => {
    const { status, text } = await test.client().get('/docs/');
    expect(status).toBe(200);
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)|https?:\/\/(?!localhost|www\.w3\.org)/);
  });
});
