import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { scheduleTimes } from '../base/schedule-times.ts';
import { openStore, type Store } from '../store/open-store.ts';
import { handleDue, startScheduler, type Appointment, type Due } from './scheduler.ts';

let store: Store;
beforeAll(async () => {
  store = await openStore({ memory: true });
});
afterAll(() => store.close());
beforeEach(() => store.db.deleteFrom('schedule_state').execute());

const at = (daily: string[], name = 'refresh', timeZone = 'Europe/Bucharest'): Appointment => ({
  name,
  times: scheduleTimes.parse({ daily }),
  timeZone,
});
async function due(time: string, ...appointments: Appointment[]): Promise<Due[]> {
  const begun: Due[] = [];
  await handleDue(store.db, appointments, new Date(time), async (each) => void begun.push(each));
  return begun;
}

describe('handleDue', () => {
  it('begins with the moment a schedule was saved, and not before it', async () => {
    expect(await due('2026-11-25T10:00:00Z', at(['06:00']))).toEqual([]);
    expect(await due('2026-11-25T23:59:00Z', at(['06:00']))).toEqual([]);
  });

  it('gives each time once', async () => {
    await due('2026-11-25T03:59:00Z', at(['06:00', '18:00']));
    expect(await due('2026-11-25T04:00:05Z', at(['06:00', '18:00']))).toEqual([
      { name: 'refresh', at: new Date('2026-11-25T04:00:00Z'), late: false },
    ]);
    expect(await due('2026-11-25T04:00:15Z', at(['06:00', '18:00']))).toEqual([]);
    expect(await due('2026-11-25T16:00:00Z', at(['06:00', '18:00']))).toHaveLength(1);
  });

  it('catches up once after days without anybody, and says so', async () => {
    await due('2026-11-20T03:00:00Z', at(['06:00', '18:00']));
    expect(await due('2026-11-25T10:00:00Z', at(['06:00', '18:00']))).toEqual([
      { name: 'refresh', at: new Date('2026-11-25T04:00:00Z'), late: true },
    ]);
    expect(await due('2026-11-25T10:00:10Z', at(['06:00', '18:00']))).toEqual([]);
  });

  it('does not reach back to times of a schedule that was changed or switched on again', async () => {
    await due('2026-11-25T03:00:00Z', at(['06:00']));
    expect(await due('2026-11-25T05:00:00Z', at(['06:30']))).toEqual([]);
    await due('2026-11-25T05:01:00Z');
    expect(await due('2026-11-26T12:00:00Z', at(['06:30']))).toEqual([]);
  });

  it('keeps what could not be begun for the next look, and gives the others their turn', async () => {
    const both = [at(['06:00']), at(['06:00'], 'export:newsletter')];
    await due('2026-11-25T03:00:00Z', ...both);
    const begun: string[] = [];
    const begin = async ({ name }: Due) => {
      begun.push(name);
      if (begun.length === 1) throw new Error('the connection broke');
    };
    for (let look = 0; look < 3; look += 1)
      await handleDue(store.db, both, new Date('2026-11-25T04:00:05Z'), begin);
    expect(begun).toEqual(['refresh', 'export:newsletter', 'refresh']);
  });

  it.each([
    // 29 March 2026, 03:00 → 04:00 in Bucharest: 03:30 is not there.
    ['forward', '2026-03-28T12:00:00Z', '2026-03-29T03:00:00Z', ['2026-03-29T01:00:00Z']],
    // 25 October 2026, 04:00 → 03:00: 03:30 is there twice.
    ['back', '2026-10-24T12:00:00Z', '2026-10-25T03:00:00Z', ['2026-10-25T00:30:00Z']],
  ])('fires once on the night that clocks go %s', async (_, from, to, times) => {
    const found: string[] = [];
    for (let now = Date.parse(from); now <= Date.parse(to); now += 10 * 60_000) {
      for (const each of await due(new Date(now).toISOString(), at(['03:30'])))
        found.push(each.at.toISOString().replace('.000', ''));
    }
    expect(found).toEqual(times);
  });
});

describe('startScheduler', () => {
  it('goes on after a look that failed, and is told of a clock that jumped', async () => {
    let now = new Date('2026-11-25T03:00:00Z');
    let looks = 0;
    const begun: Due[] = [];
    const scheduler = startScheduler({
      db: store.db,
      clock: { now: () => now, sleep: () => Promise.resolve() },
      lookEveryMs: 5,
      appointments: async () => {
        looks += 1;
        if (looks === 2) throw new Error('the database is away');
        return [at(['06:00'])];
      },
      begin: async (each) => void begun.push(each),
    });
    await expect.poll(() => looks).toBeGreaterThan(2);
    now = new Date('2026-11-27T09:00:00Z');
    await expect.poll(() => begun).toHaveLength(1);
    await scheduler.stop();
    expect(begun[0]).toMatchObject({ late: true });
  });
});
