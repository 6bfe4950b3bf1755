import type { Clock } from '../base/clock.ts';
import { hasTimes, lastTime, type ScheduleTimes } from '../base/schedule-times.ts';
import type { Database } from '../store/tables.ts';

/** Something that happens by itself. */
export interface Appointment {
  /** `refresh`, or `export:newsletter`. */
  name: string;
  times: ScheduleTimes;
  timeZone: string;
}

/** A time that has come. */
export interface Due {
  name: string;
  at: Date;
  /** More than five minutes late, since nobody was there: caught up once, however many times were missed. */
  late: boolean;
}

const lateMs = 5 * 60_000;

/**
 * Which appointments are due, each once. What is not in the table begins now: a schedule that was just saved does not
 * reach back. Of several processes that ask, one gets each time.
 */
export async function takeDue(db: Database, appointments: readonly Appointment[], now: Date): Promise<Due[]> {
  const due: Due[] = [];
  for (const { name, times, timeZone } of appointments) {
    const text = JSON.stringify([timeZone, times]);
    const state = await db
      .selectFrom('schedule_state')
      .selectAll()
      .where('name', '=', name)
      .executeTakeFirst();
    if (state === undefined || state.times !== text) {
      const columns = { times: text, handled_at: now };
      await db
        .insertInto('schedule_state')
        .values({ name, ...columns })
        .onConflict((conflict) => conflict.column('name').doUpdateSet(columns))
        .execute();
      continue;
    }
    if (!hasTimes(times)) continue;
    const at = lastTime(times, timeZone, now);
    if (at === undefined || at <= state.handled_at) continue;
    const taken = await db
      .updateTable('schedule_state')
      .set({ handled_at: at })
      .where('name', '=', name)
      .where('times', '=', text)
      .where('handled_at', '=', state.handled_at)
      .executeTakeFirst();
    if (taken.numUpdatedRows === 1n) due.push({ name, at, late: now.getTime() - at.getTime() > lateMs });
  }
  const names = appointments.map(({ name }) => name);
  let old = db.deleteFrom('schedule_state');
  if (names.length > 0) old = old.where('name', 'not in', names);
  await old.execute();
  return due;
}

export interface SchedulerOptions {
  db: Database;
  clock: Clock;
  /** Asked at each look, so that a saved schedule counts at once. */
  appointments: () => Promise<readonly Appointment[]>;
  begin: (due: Due) => Promise<void>;
  lookEveryMs?: number;
}

/** Looks every few seconds, so that a machine that slept or whose clock was moved finds out too. */
export function startScheduler({ db, clock, appointments, begin, lookEveryMs = 10_000 }: SchedulerOptions): {
  stop(): Promise<void>;
} {
  let looking: Promise<void> = Promise.resolve();
  const look = async () => {
    for (const due of await takeDue(db, await appointments(), clock.now())) await begin(due);
  };
  const again = () => {
    // Trouble with the database passes; the next look is in ten seconds.
    looking = looking.then(look).catch(() => undefined);
  };
  const timer = setInterval(again, lookEveryMs);
  again();
  return {
    async stop() {
      clearInterval(timer);
      await looking;
    },
  };
}
