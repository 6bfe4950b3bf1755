import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Identity } from '../access/identity.ts';
import { TestLine } from '../pipeline/test-support/test-line.ts';
import type { WantedTask } from '../work/tasks.ts';
import { TestGround } from './test-support/test-ground.ts';
import { workActions } from './work-actions.ts';

let ground: TestGround;
let line: TestLine;
let administrator: Identity;

beforeAll(async () => {
  ground = await TestGround.open();
  administrator = await ground.user('administrator');
  line = await TestLine.open();
  await line.people([{ id: '1', email: 'ana@shop.test' }]);
});
afterAll(async () => {
  await ground.store.close();
  await line.close();
});

const actions = () =>
  workActions({
    ...ground.as(administrator),
    engine: line.engine,
    queue: () => ({ add: async (wanted: WantedTask) => wanted }) as never,
  });

it('finds a run that the store does not list, and none that there is not', async () => {
  const { run } = await line.plan();
  const { wantRelease, wantUndo } = actions();
  expect(await wantRelease(run, { why: 'looked at' })).toMatchObject({ kind: 'release', subject: 'news' });
  expect(await wantUndo(run)).toMatchObject({ kind: 'undo', subject: 'news' });
  for (const none of ['news', 'r9999999999']) {
    await expect(wantUndo(none)).rejects.toMatchObject({ code: 'run_unknown' });
  }
});
