import { messageOf, PostriderError } from '../base/errors.ts';
import type { Destination } from '../delivery/destination.ts';
import { nextReadFrom } from '../exports/audience-facts.ts';
import { chunksIn, cutTagWork } from '../exports/chunks.ts';
import { finishRun } from '../exports/finish-run.ts';
import { dropNotedOfErased } from '../exports/forget-addresses.ts';
import { leaveOutMovedSince } from '../exports/moved-people.ts';
import type { ExportRun, RunAlert } from '../exports/plan.ts';
import { writeRun } from '../exports/run-records.ts';
import { alertsOf, unknownAnswers } from '../exports/unknown-answers.ts';
import { BatchBlame } from './batch-blame.ts';
import { inEndingTurn } from './ending-turn.ts';
import { ErasedMeanwhile } from './erased-meanwhile.ts';
import { lookForUnmentioned } from './look-for-unmentioned.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { leaveRacesOpen, putRacesRight } from './put-races-right.ts';
import { readFacts } from './read-facts.ts';
import { sendReadyChunks } from './send-chunks.ts';
import type { Sending } from './send-once.ts';
import { SettleTogether } from './settle-together.ts';
import { settleUncertain } from './settle-uncertain.ts';
import { startRun } from './start-run.ts';
import { WhoHasLeft } from './who-has-left.ts';

/**
 * Carries out a stored plan to its end, or goes on with a run that was cut off: it decides nothing that the
 * plan did not decide. The order:
 *
 *   start (ground, moved, tags, chunks) → people → uncertain ones read back → unmentioned ones looked for
 *   → tags → archiving → who left meanwhile → ledger, journal, counts
 *
 * @param signal aborted: no new request starts, what is in flight ends, and the run is `cancelled`; before its start it
 *   stays the plan that it was, and the error `cancelled` is thrown
 */
export async function carryOutRun(
  parts: PipelineParts,
  destination: Destination,
  planned: ExportRun,
  signal: AbortSignal,
  justPlanned = false,
): Promise<ExportRun> {
  const began = parts.clock.now();
  const before = destination.traffic();
  const resumed = planned.status === 'running';
  const { run, readAt, readFrom } = resumed
    ? // What it knew is long ago, so its first chunk asks.
      { run: planned, readAt: new Date(0), readFrom: await nextReadFrom(parts.engine, planned.audience) }
    : await startRun(parts, destination, planned, signal, justPlanned);
  const sending: Sending = {
    parts,
    destination,
    run,
    whoHasLeft: await WhoHasLeft.since(parts, destination, run, { at: readAt, from: readFrom }),
    erased: await ErasedMeanwhile.since(parts.engine, run.run),
    blame: new BatchBlame(),
    together: new SettleTogether(parts.engine, parts.clock, run.run),
    signal,
  };
  const ended = (): ExportRun => {
    const now = parts.clock.now();
    const traffic = destination.traffic();
    return {
      ...run,
      finishedAt: now.toISOString(),
      requests: run.requests + traffic.requests - before.requests,
      retries: run.retries + traffic.retries - before.retries,
      seconds: run.seconds + (now.getTime() - began.getTime()) / 1000,
    };
  };
  try {
    if (resumed && !signal.aborted) await takeUpAgain(sending);
    await sendAll(sending);
    await parts.engine.commit(dropNotedOfErased(run.run));
    await lookForUnmentioned(parts, destination, run, signal);
    await cutTagWork(parts.engine, run.run);
    await sendAll(sending);
    if (signal.aborted) return await finishCancelled(sending, ended());
    const seen = await lookBack(sending);
    return await finish(sending, { ...ended(), ...seen, status: 'succeeded' });
  } catch (error) {
    if (signal.aborted) return finishCancelled(sending, ended());
    return finishFailed(sending, ended(), error);
  }
}

/**
 * A run that goes on may have been cut off days ago: its requests are settled, the audience is read, and whoever is not
 * there as the plan had them is left out (promises 1 and 4), as when a plan is started.
 */
async function takeUpAgain({ parts, destination, run, signal }: Sending): Promise<void> {
  const justRead = await settleUncertain(parts, destination, run, signal);
  if (!justRead) await readFacts(parts, destination, { key: run.audience, id: run.audienceId }, signal);
  await parts.engine.commit(leaveOutMovedSince(run, parts.clock.now()));
}

/** Sends what is ready and settles what is uncertain, until nothing is left or the run is cancelled. */
async function sendAll(sending: Sending): Promise<void> {
  const { parts, destination, run, signal } = sending;
  let sent = true;
  while (sent && !signal.aborted) {
    sent = await sendReadyChunks(sending);
    if (signal.aborted) return;
    sent = (await settleUncertain(parts, destination, run, signal)) || sent;
  }
}

/**
 * Who left while the run was going is known to have left when the ledger is written, so that the next plan
 * does not depend on when it reads; whom our own requests brought back is put out again (promise 1).
 */
async function lookBack({ parts, destination, run, whoHasLeft }: Sending): Promise<Partial<ExportRun>> {
  if (run.people.add + run.people.update > 0) await whoHasLeft.refresh(0);
  const { races, open } = await putRacesRight(parts, destination, run, whoHasLeft.everybody());
  if (races > 0) {
    parts.progress.say(`${races} people left while they were being sent; they are out again.`);
  }
  return { ...(races === 0 ? {} : { races }), ...openRaces(run, open) };
}

function openRaces({ people }: ExportRun, open: number): Pick<ExportRun, 'alerts'> {
  if (open === 0) return {};
  const alert: RunAlert = {
    code: 'race_open',
    text: 'Left while they were being sent, and could not be put out again yet; the next run does.',
    people: open,
    share: open / Math.max(1, people.add + people.update),
  };
  return { alerts: [alert] };
}

/** Ends the run with what it should be looked at for. */
async function finish({ parts }: Sending, record: ExportRun): Promise<ExportRun> {
  const alerts = [...(record.alerts ?? []), ...alertsOf(await unknownAnswers(parts.engine, record.run))];
  for (const alert of alerts) {
    parts.progress.say(`Look at this: ${alert.text} (${alert.people} people, ${alert.code})`);
  }
  return inEndingTurn(parts, async () => {
    await parts.engine.commit(dropNotedOfErased(record.run));
    return finishRun(parts.engine, alerts.length === 0 ? record : { ...record, alerts });
  });
}

async function finishCancelled(sending: Sending, record: ExportRun): Promise<ExportRun> {
  const { parts, destination, run } = sending;
  // Cut-off requests must be known before the ledger is written, even when nobody wants to wait any more.
  await settleUncertain(parts, destination, run, new AbortController().signal);
  return finishEarly(sending, { ...record, status: 'cancelled' });
}

/** Ends a run that must not ask or change anything any more: whom it brought back is the next run's to put right. */
async function finishEarly(sending: Sending, record: ExportRun): Promise<ExportRun> {
  const { parts, run, whoHasLeft } = sending;
  const open = await leaveRacesOpen(parts, run, whoHasLeft.everybody());
  return finish(sending, { ...record, ...openRaces(run, open) });
}

/**
 * Ends a run that met an error no single person is to blame for. While requests are uncertain the run stays
 * `running`: what they did is not known, and the next start reads it back.
 */
async function finishFailed(sending: Sending, record: ExportRun, error: unknown): Promise<ExportRun> {
  const { engine } = sending.parts;
  const failure = failureOf(error);
  if ((await chunksIn(engine, record.run, 'sending')).length > 0) {
    const interrupted: ExportRun = { ...record, status: 'running', finishedAt: null, failure };
    await engine.commit(writeRun(interrupted));
    return interrupted;
  }
  return finishEarly(sending, { ...record, status: 'failed', failure });
}

function failureOf(error: unknown): NonNullable<ExportRun['failure']> {
  // A bug must end the run too: one that stays "running" would meet the same bug at each start.
  if (!(error instanceof PostriderError)) return { code: 'bug', message: messageOf(error) };
  const { code, message, hint } = error;
  return { code, message, ...(hint === undefined ? {} : { hint }) };
}
