import type { Actions } from '../app.ts';
import { allows, type Identity } from '../access/identity.ts';
import type { Permission } from '../access/permission.ts';
import { isAtLeast } from '../access/role.ts';
import { PostriderError } from '../base/errors.ts';
import { runIdPattern } from '../base/ids.ts';
import { readRun } from '../exports/run-records.ts';
import { recordAudit } from '../store/audit.ts';
import { findItem } from '../store/workspace-items.ts';
import { findRunHeader } from '../store/run-headers.ts';
import { actionRules, neededFor, type ActionRule } from './action-rules.ts';
import type { AppGround } from './app-ground.ts';

type AnyAction = (...args: unknown[]) => unknown;

/**
 * The actions for whoever asks: each first looks whether this identity may do it, and notes it when people are looked
 * at. @throws (each action) `forbidden` / `not_permitted`
 */
export function permittedActions(ground: AppGround, actions: Actions): Actions {
  const entries = (Object.keys(actions) as (keyof Actions)[]).map((name) => {
    const rule = actionRules[name] as ActionRule<unknown[], unknown>;
    return [name, permitted(ground, name, rule, actions[name] as AnyAction)];
  });
  return Object.fromEntries(entries) as Actions;
}

function permitted(
  ground: AppGround,
  name: keyof Actions,
  rule: ActionRule<unknown[], unknown>,
  action: AnyAction,
): AnyAction {
  if (rule.streams) {
    return async function* (...args) {
      await refuseUnlessPermitted(ground, rule, args);
      await noteLook(ground, name, rule, undefined, args);
      yield* action(...args) as AsyncIterable<unknown>;
    };
  }
  return async (...args) => {
    await refuseUnlessPermitted(ground, rule, args);
    const result = await action(...args);
    await noteLook(ground, name, rule, result, args);
    return result;
  };
}

/**
 * Whether somebody may do this at all, before anything of what they ask for is looked at.
 * @throws `forbidden` / `not_permitted`
 */
export function refuseAction(who: Identity, action: keyof Actions): void {
  refuseUnlessAllowed(who, actionRules[action]);
}

function refuseUnlessAllowed(who: Identity, rule: Parameters<typeof neededFor>[0]): void {
  const lacking = neededFor(rule).find((each) => !allows(who, each));
  if (lacking !== undefined) throw notPermitted(lacking);
}

async function refuseUnlessPermitted(
  ground: AppGround,
  rule: ActionRule<unknown[], unknown>,
  args: unknown[],
): Promise<void> {
  const { who } = ground;
  refuseUnlessAllowed(who, rule);
  if (isAtLeast(who.role, 'administrator')) return;
  const run = rule.run?.(...args);
  // What is no run is an export, where an action takes either.
  const exportId =
    run === undefined
      ? rule.export?.(...args)
      : runIdPattern.test(run)
        ? await exportOfRun(ground, run)
        : run;
  if (exportId !== undefined && !(await reachesExport(ground, exportId))) throw connectionNotShared();
}

/** The export of a run, also of one that goes on and has no header yet. @throws `input` / `run_unknown` */
export async function exportOfRun({ store, engine }: AppGround, run: string): Promise<string> {
  return (await findRunHeader(store.db, run))?.export ?? (await readRun(engine, run)).export;
}

/** Whether a connection is one that this identity may use: administrators use all, contributors what is shared. */
export function reaches(who: Identity, connection: { sharedWith?: readonly string[] } | undefined): boolean {
  if (isAtLeast(who.role, 'administrator')) return true;
  return isAtLeast(who.role, 'contributor') && (connection?.sharedWith ?? []).includes('contributors');
}

/** Whether this identity may use the connection that an export goes through. */
export async function reachesExport({ who, store }: AppGround, id: string): Promise<boolean> {
  const item = await findItem(store.db, 'export', id);
  // What is not there is for the action to say.
  if (item === undefined || item.removedAt !== undefined) return id !== '*';
  const { connection } = item.body as { connection?: string | null };
  // Nothing goes anywhere without a connection, and one that is given to it is looked at when it is saved.
  if (connection === null) return true;
  const settings = await findItem(store.db, 'connection', connection ?? '');
  return reaches(who, settings?.body as { sharedWith?: string[] } | undefined);
}

async function noteLook(
  { store, clock, by }: AppGround,
  name: keyof Actions,
  { sees }: ActionRule<unknown[], unknown>,
  result: unknown,
  args: unknown[],
): Promise<void> {
  if (sees === undefined) return;
  const entry = { action: 'people.look', subject: sees(result, ...args), detail: { by: name } };
  await recordAudit(store.db, { at: clock.now(), who: by, ...entry });
}

/** @returns the error, whoever throws it */
export function notPermitted(permission: Permission): PostriderError {
  return new PostriderError({
    kind: 'forbidden',
    code: 'not_permitted',
    message: `This needs the permission "${permission}", which you do not have here.`,
    hint: 'An administrator can give you another role, or you can use a token with this scope.',
  });
}

export function connectionNotShared(): PostriderError {
  return new PostriderError({
    kind: 'forbidden',
    code: 'connection_not_shared',
    message: 'The connection of this export is not shared with contributors.',
    hint: 'An administrator can share it: Admin › Connections › Choose who can use this connection.',
  });
}
