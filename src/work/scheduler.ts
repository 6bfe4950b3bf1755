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
 * Begins each appointment that is due, once however many of its times were missed. What is not in the table begins now: a
 * schedule that was just saved does not reach back.
 * @param begin for a due it was called for before, it does nothing more: what could not be begun, and what was begun and
 * not noted, comes again at the next look
 */
export async function handleDue(
  db: Database,
  appointments: readonly Appointment[],
  now: Date,
  begin: (due: Due) => Promise<void>,
): Promise<void> {
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
    try {
      await begin({ name, at, late: now.getTime() - at.getTime() > lateMs });
    } catch {
      // It stays due, and must not keep the others from their turn.
      continue;
    }
    await db
      .updateTable('schedule_state')
      .set({ handled_at: at })
      .where('name', '=', name)
      .where('times', '=', text)
      .where('handled_at', '=', state.handled_at)
      .execute();
  }
  const names = appointments.map(({ name }) => name);
  let old = db.deleteFrom('schedule_state');
  if (names.length > 0) old = old.where('name', 'not in', names);
  await old.execute();
}

export interface SchedulerOptions {
  db: Database;
  clock: Clock;
  /** Asked at each look, so that a saved schedule counts at once. */
  appointments: () => Promise<readonly Appointment[]>;
  /** As `handleDue` takes it. */
  begin: (due: Due) => Promise<void>;
  lookEveryMs?: number;
}

/** Looks every few seconds, so that a machine that slept or whose clock was moved finds out too. */
export function startScheduler({ db, clock, appointments, begin, lookEveryMs = 10_000 }: SchedulerOptions): {
  stop(): Promise<void>;
} {
  let looking: Promise<void> = Promise.resolve();
  const look = async () => handleDue(db, await appointments(), clock.now(), begin);
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
