import { PostriderError } from '../../base/errors.ts';
import { systemClock } from '../../base/clock.ts';
import type { ExportRun } from '../../exports/plan.ts';
import { runExceptions } from '../../exports/run-exceptions.ts';
import { listRuns } from '../../exports/run-records.ts';
import { forgetPerson } from '../forget-person.ts';
import { undoRun } from '../undo-run.ts';
import { DyingEngine } from './dying-engine.ts';
import { audienceId, TestLine } from './test-line.ts';
import { Books, fold, type Aim, type Contacts, type Rows } from './world-books.ts';
import { notAsWanted } from './world-outcome.ts';
import type { ByHand, Step, WorldOptions } from './world-steps.ts';

/** Codes of errors that a command may end with, because of what happened before it. */
const refusals = new Set([
  'run_unfinished',
  'plan_outdated',
  'plan_used',
  'nothing_to_undo',
  'run_undone',
  'run_not_carried_out',
  'person_unknown',
  'forget_several_people',
]);

/** Long waits are of no use here; short ones are those that the client times requests by. */
const impatientClock = {
  ...systemClock,
  sleep: (ms: number, signal?: AbortSignal) => systemClock.sleep(ms > 400 ? ms / 20 : ms, signal),
};

/** A whole line in which anything may happen, watched by somebody who keeps books. */
export class World {
  readonly #line: TestLine;
  readonly #books = new Books();
  readonly #leavers: WorldOptions['leavers'];
  #rows: Rows = new Map();
  #stale = true;
  #plan: { run: string; rows: Rows } | undefined;
  /** Rows of the moment at which a run was cut off that is not finished. */
  #cutOff: Rows[] = [];
  #lastRun: ExportRun | undefined;
  /** Deleted for good: nobody but themselves can put them in again. */
  readonly #deleted = new Set<string>();

  private constructor(line: TestLine, leavers: WorldOptions['leavers']) {
    this.#line = line;
    this.#leavers = leavers;
  }

  static async open({ leavers, ...modes }: WorldOptions): Promise<World> {
    const line = await TestLine.open({ leavers, adoptTags: ['Everyone', 'Buyers'] });
    line.sandbox.control.setModes(modes);
    line.clock = impatientClock;
    return new World(line, leavers);
  }

  close(): Promise<void> {
    return this.#line.close();
  }

  /** @returns what is wrong after the step, in sentences; none when all is well */
  async take(step: Step): Promise<string[]> {
    switch (step.do) {
      case 'edit':
        this.#edit(step.edits);
        return [];
      case 'by hand':
        for (const deed of step.deeds) this.#deed(deed);
        return [];
      case 'wait':
        this.#line.sandbox.control.advanceTime({ seconds: 300 });
        return [];
      case 'plan':
        return this.#watched({ kind: 'nothing' }, async () => {
          const plan = await this.#line.plan();
          this.#plan = { run: plan.run, rows: this.#rows };
          return [];
        });
      case 'apply': {
        const plan = this.#plan;
        if (plan === undefined) return [];
        return this.#watched({ kind: 'export', rows: [plan.rows, ...this.#cutOff] }, async () => {
          const run = await this.#settled(await this.#line.run({ plan: plan.run }));
          if (run.run === plan.run) this.#plan = undefined;
          return endedWell(run);
        });
      }
      case 'run':
        return this.#run(step);
      case 'run and die':
        return this.#runAndDie(step);
      case 'undo':
        return this.#undo();
      case 'forget':
        return this.#forget(step);
      default:
        throw new Error(`no such step: ${String(step satisfies never)}`);
    }
  }

  #edit(edits: Extract<Step, { do: 'edit' }>['edits']): void {
    const rows = new Map(this.#rows);
    for (const { id, row } of edits)
      if (row === undefined) rows.delete(id);
      else rows.set(id, { ...row, id });
    this.#rows = rows;
    this.#stale = true;
  }

  #deed(deed: ByHand): void {
    const { control } = this.#line.sandbox;
    try {
      if ('act' in deed) {
        this.#line.act(deed.address, deed.act);
        if (deed.act.kind === 'signUp') this.#deleted.delete(deed.address);
        if (deed.act.kind === 'deletePermanently') {
          this.#deleted.add(deed.address);
          this.#books.onceDeleted.add(deed.address);
        }
      } else if (
        !this.#deleted.has(deed.address) &&
        control.memberState({ audience: audienceId, address: deed.address }) === null
      ) {
        const { address, arrives: status } = deed;
        this.#line.seed({ address, status, mergeFields: { LNAME: 'Theirs', CITY: 'There' }, tags: ['VIP'] });
      }
    } catch (error) {
      if (!(error instanceof PostriderError)) throw error;
    }
    // Rows that were never read are nothing that a command could know.
    this.#books.note(new Map(), this.#contacts());
  }

  async #run({ limit, fault }: Extract<Step, { do: 'run' }>): Promise<string[]> {
    const { control } = this.#line.sandbox;
    if (fault !== undefined) control.addFault(fault);
    const resumes = this.#cutOff.length > 0;
    const options = limit === undefined ? {} : { limit };
    let ended: ExportRun | undefined;
    const found = await this.#watched({ kind: 'export', rows: [this.#rows, ...this.#cutOff] }, async () => {
      ended = await this.#settled(await this.#line.run(options));
      return endedWell(ended, resumes ? ['not_sent'] : []);
    });
    control.clearFaults();
    if (found.length > 0 || limit !== undefined || ended === undefined) return found;
    // What was cut off is finished; people may be wanted otherwise by now.
    if (resumes) return this.#run({ do: 'run' });
    const wrong = notAsWanted(this.#books, {
      rows: this.#rows,
      contacts: this.#contacts(),
      reasons: await this.#reasonsOf(ended),
      leaversKeepTags: this.#leavers === 'keep',
    });
    if (wrong.length > 0) return wrong;
    return this.#watched({ kind: 'nothing' }, async () => {
      this.#line.writes();
      const again = await this.#line.run();
      const writes = this.#line.writes();
      return [
        ...endedWell(again),
        ...(writes === 0 ? [] : [`${writes} writes in an unchanged world: ${JSON.stringify(again.people)}`]),
      ];
    });
  }

  async #runAndDie({ commit, side }: Extract<Step, { do: 'run and die' }>): Promise<string[]> {
    await this.#refresh();
    let commits = 0;
    const engine = new DyingEngine(this.#line.engine, () => ++commits < commit, side);
    return this.#watched({ kind: 'export', rows: [this.#rows, ...this.#cutOff] }, async () => {
      this.#cutOff.push(this.#rows);
      try {
        const run = await this.#settled(await this.#line.run({ engine }));
        return endedWell(run);
      } catch (error) {
        if (!engine.died) throw error;
        return [];
      }
    });
  }

  async #undo(): Promise<string[]> {
    const run = this.#lastRun;
    if (run === undefined) return [];
    return this.#watched({ kind: 'undo' }, async () => {
      const signal = new AbortController().signal;
      const pause = () => Promise.resolve();
      return endedWell(await undoRun(this.#line.parts(), run.run, { by: 'test', signal, pause }));
    });
  }

  async #forget({ address, how }: Extract<Step, { do: 'forget' }>): Promise<string[]> {
    const addresses = this.#books.peopleBehind(address);
    return this.#watched({ kind: 'forget', addresses }, async () => {
      await forgetPerson(this.#line.parts(), address, { how, by: 'test', why: 'asked' });
      this.#books.erased.add(address);
      if (how === 'delete') for (const each of addresses) this.#deleted.add(each);
      return [];
    });
  }

  /** Lets a run go that a brake holds. */
  #settled(run: ExportRun): Promise<ExportRun> | ExportRun {
    return run.status === 'stopped' ? this.#line.release(run.run) : run;
  }

  /** Carries out a command of ours; whatever it does to the audience must be what it may do. */
  async #watched(aim: Aim, command: () => Promise<string[]>): Promise<string[]> {
    await this.#refresh();
    const before = this.#contacts();
    this.#books.note(this.#rows, before);
    const ended = await command().catch((error: unknown) => {
      if (error instanceof PostriderError && refusals.has(error.code)) return undefined;
      throw error;
    });
    await this.#quiet();
    const after = this.#contacts();
    const found = this.#books.judge(before, after, aim);
    this.#books.note(this.#rows, after);
    if (ended !== undefined && aim.kind !== 'forget') this.#books.noteRead(after);
    const { engine } = this.#line;
    const [running] = await listRuns(engine, { status: 'running', limit: 1 });
    if (running === undefined) this.#cutOff = [];
    const [last] = await listRuns(engine, { status: 'succeeded', limit: 1 });
    this.#lastRun = last;
    return [...found, ...(ended ?? [])];
  }

  /** Reads the source, if it is another one. */
  async #refresh(): Promise<void> {
    if (!this.#stale) return;
    this.#stale = false;
    await this.#line.people([...this.#rows.values()]);
  }

  /** Mailchimp carries out what has reached it, also when who asked is dead. */
  async #quiet(): Promise<void> {
    while (this.#line.sandbox.control.counters().inFlight > 0)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }

  #contacts(): Contacts {
    const { members } = this.#line.sandbox.control.audienceState({ audience: audienceId, count: 1000 });
    return new Map(members.map((member) => [member.contactId, member]));
  }

  /** Why people of a run are left out, by address. */
  async #reasonsOf(run: ExportRun): Promise<ReadonlyMap<string, string>> {
    const people = await runExceptions(this.#line.engine, run, { limit: 1000, offset: 0 });
    return new Map(people.map(({ email, reason }) => [fold(email), reason]));
  }
}

/**
 * @param excused reasons for which people may have failed: who was reached before a run was cut off, and then changed
 *   their address, lacks what was still to come, and the run after that gives it
 */
function endedWell(run: ExportRun, excused: readonly string[] = []): string[] {
  const failed = Object.keys(run.people.failed).filter((reason) => !excused.includes(reason));
  if (run.status !== 'succeeded')
    return [`ended ${run.status}: ${run.failure?.code ?? ''} ${run.failure?.message ?? ''}`];
  return failed.length === 0 ? [] : [`failed people: ${JSON.stringify(run.people.failed)}`];
}
