import { isFresh } from '../access/identity.ts';
import { checkIfMatch, etagOf } from '../base/etag.ts';
import { inputError, PostriderError } from '../base/errors.ts';
import type { ConnectionId, ExportId } from '../base/ids.ts';
import type { ConnectionSettings, SecretReference } from '../connections/connection-config.ts';
import {
  deleteConnectionSecret,
  listConnectionSecrets,
  readConnectionSecret,
  saveConnectionSecret,
  secretOfConnection,
  type ConnectionSecret,
} from '../connections/connection-secrets.ts';
import { consentText, currentConsentVersion, type ConsentText } from '../connections/consent-text.ts';
import { takeSignIn } from '../connections/pending-sign-ins.ts';
import type { AudienceDescription } from '../delivery/destination.ts';
import type { MailchimpLogin } from '../delivery/open-destination.ts';
import { clearExport, endWorkOf, type ClearedExport } from '../pipeline/remove-export.ts';
import { listAudit } from '../store/audit.ts';
import { findItem, listItems, type WorkspaceItem } from '../store/workspace-items.ts';
import { dropItem, storeItem, workspaceWith } from '../workspace/edit-item.ts';
import { reauthenticationNeeded } from './access-actions.ts';
import { audited, type AppGround } from './app-ground.ts';
import { knownItem, presentItem, refuseStale, type Edit } from './item-state.ts';
import { askerOf, inspect, patienceMs } from './mailchimp-sign-in.ts';
import { connectionNotShared, reaches } from './permitted-actions.ts';

/** A connection as whoever may pick it sees it. */
export interface PickableConnection {
  id: string;
  name: string;
  type: string;
}

/** A connection as administrators see it: everything but the secret. */
export interface ListedConnection extends PickableConnection {
  sharedWith: readonly string[];
  consent: ConnectionSettings['consent'];
  exportUser: string | null;
  /** How it gets in; null: not connected. */
  connectedBy: 'apiKey' | 'oauth' | 'reference' | null;
  createdAt: Date;
  createdBy: string | null;
  updatedAt: Date;
  /** Ids of the exports that go through it. */
  usedBy: string[];
  etag: string;
}

/** What somebody fills in who adds or edits a connection. Of the three ways in, at most one; none keeps what is there. */
export interface ConnectionInput {
  name: string;
  type: 'mailchimp';
  sharedWith: readonly ('administrators' | 'contributors')[];
  /** "I agree", to which version of the text; needed once, and again only for a new text. */
  consent?: { agree: boolean; text: string } | undefined;
  apiKey?: string | undefined;
  apiKeyFrom?: SecretReference | undefined;
  /** A sign-in with Mailchimp that went well. */
  signIn?: string | undefined;
  /** "Add yourself as export user": needs a sign-in of the last minutes. */
  exportUser?: boolean | undefined;
}

export interface ConnectionActions {
  /** For the Mailchimp section of an export: those that one may use. */
  pickableConnections(): Promise<PickableConnection[]>;
  connections(): Promise<ListedConnection[]>;
  connection(id: string): Promise<ListedConnection>;
  consentText(version: string | undefined, language: 'en' | 'ro'): Promise<ConsentText>;
  /**
   * Adds or edits; what lets us in is looked at in Mailchimp before it is kept.
   * @throws `consent_missing`, `connection_name_taken`, `mailchimp_role`, `edited_meanwhile`, `item_exists`
   */
  saveConnection(id: string, input: ConnectionInput, edit: Edit): Promise<ListedConnection>;
  /** Asks Mailchimp whom it lets in, and to which audiences. */
  testConnection(id: string): Promise<MailchimpLogin>;
  /** The fields and tags of an audience; also whether the account has it at all. */
  describeAudience(id: string, audience: string): Promise<AudienceDescription>;
  /** Takes over: exports on this connection go in the name of whoever asks. */
  becomeExportUser(id: string): Promise<ListedConnection>;
  /**
   * @param exports what becomes of each export that uses it
   * @throws `connection_in_use` when one of them is not spoken of
   */
  removeConnection(
    id: string,
    request: {
      exports: Readonly<Record<string, 'detach' | 'remove'>>;
      ifMatch: string | undefined;
      signal: AbortSignal;
    },
  ): Promise<void>;
  /** Takes the connection away from an export, which keeps all the rest and does not run. */
  detachExport(id: string, signal: AbortSignal): Promise<ClearedExport>;
}

export function connectionActions(ground: AppGround): ConnectionActions {
  const { store, clock, who, by, env, parts } = ground;
  const { db } = store;
  const now = () => clock.now();

  async function itemOf(id: string): Promise<WorkspaceItem & { body: ConnectionSettings }> {
    const item = await knownItem(db, { kind: 'connection', id });
    return { ...item, body: item.body as ConnectionSettings };
  }

  async function listed(item: WorkspaceItem): Promise<ListedConnection> {
    const body = item.body as ConnectionSettings;
    const id = item.id as ConnectionId;
    const secrets = await listConnectionSecrets(db);
    const exports = await listItems(db, 'export');
    const subject = `connection:${id}`;
    const [created] = (await listAudit(db, { subject, action: 'connection.create', limit: 1 })).items;
    return {
      id,
      name: item.name,
      type: body.type,
      sharedWith: body.sharedWith,
      consent: body.consent,
      exportUser: body.exportUser ?? null,
      connectedBy: await connectedBy(id, body, secrets.has(id)),
      createdAt: item.createdAt,
      createdBy: created?.who ?? null,
      updatedAt: item.updatedAt,
      usedBy: exports
        .filter(({ body: config }) => (config as { connection?: unknown }).connection === id)
        .map((each) => each.id),
      etag: etagOfConnection(item, secrets),
    };
  }

  async function connectedBy(id: ConnectionId, body: ConnectionSettings, stored: boolean) {
    if (body.apiKeyFrom !== undefined) return 'reference';
    if (!stored) return null;
    // One that another key sealed lets nobody in.
    return (await readConnectionSecret(db, ground.key, id).catch(() => undefined))?.type ?? null;
  }

  const secretOf = async (id: string) => {
    const { body } = await itemOf(id);
    const secret = await secretOfConnection(db, ground.key, id as ConnectionId, { settings: body, env });
    if (secret !== undefined) return secret;
    throw new PostriderError({
      kind: 'configuration',
      code: 'connection_without_secret',
      message: `The connection "${id}" is not connected.`,
      hint: 'Connect it: sign in with Mailchimp, or give an API key.',
    });
  };
  const usable = async (id: string) => {
    const item = await itemOf(id);
    if (!reaches(who, item.body)) throw connectionNotShared();
    return item;
  };

  /** What lets us in, where the input brings something new. */
  async function newSecret(id: string, input: ConnectionInput): Promise<ConnectionSecret | undefined> {
    const ways = [input.apiKey, input.apiKeyFrom, input.signIn].filter((way) => way !== undefined);
    if (ways.length > 1) throw inputError('one_way_in', 'There are two ways in: give one of them.');
    if (input.signIn !== undefined) return takeSignIn(db, ground.key, askerOf(who), input.signIn, now());
    if (input.apiKey !== undefined) return { type: 'apiKey', apiKey: input.apiKey };
    if (input.apiKeyFrom === undefined) return undefined;
    return secretOfConnection(db, ground.key, id as ConnectionId, { settings: input, env });
  }

  function consentOf(input: ConnectionInput, before: ConnectionSettings | undefined) {
    const { consent } = input;
    if (consent === undefined && before !== undefined) return before.consent;
    if (consent?.agree !== true) {
      throw inputError(
        'consent_missing',
        'A connection is saved only with the consent to sending people’s data to Mailchimp.',
        `Read the text and say "I agree": consent: { "agree": true, "text": "${currentConsentVersion}" }.`,
      );
    }
    if (consent.text !== currentConsentVersion) consentText(consent.text, 'en');
    if (consent.text !== currentConsentVersion) {
      throw inputError('consent_outdated', `The text is another one by now: ${currentConsentVersion}.`);
    }
    return { agreedBy: by, date: now().toISOString().slice(0, 10), text: consent.text };
  }

  async function refuseTakenName(id: string, name: string): Promise<void> {
    const taken = (await listItems(db, 'connection')).find(
      (each) => each.id !== id && each.name.trim().toLowerCase() === name.trim().toLowerCase(),
    );
    if (taken === undefined) return;
    throw new PostriderError({
      kind: 'conflict',
      code: 'connection_name_taken',
      message: `There is a connection of this name already ("${taken.id}").`,
      hint: 'Say what it is for and where it leads, as in "Newsletter, Mailchimp account of the shop".',
    });
  }

  return {
    pickableConnections: async () =>
      (await listItems(db, 'connection'))
        .filter(({ body }) => reaches(who, body as ConnectionSettings))
        .map(({ id, name, body }) => ({ id, name, type: (body as ConnectionSettings).type })),
    connections: async () => Promise.all((await listItems(db, 'connection')).map(listed)),
    connection: async (id) => listed(await itemOf(id)),
    consentText: async (version, language) => consentText(version ?? currentConsentVersion, language),
    saveConnection: async (id, input, edit) => {
      const place = { kind: 'connection', id } as const;
      const found = await presentItem(db, place);
      const before = found && (await listed(found));
      refuseStale(place, edit, before);
      const body = before === undefined ? undefined : (found?.body as ConnectionSettings);
      const consent = consentOf(input, body);
      await refuseTakenName(id, input.name);
      if (input.exportUser === true && !isFresh(who, now())) throw reauthenticationNeeded();
      const exportUser =
        input.exportUser === true ? by : input.exportUser === false ? undefined : body?.exportUser;
      const given = input.apiKey ?? input.signIn;
      const reference = input.apiKeyFrom ?? (given === undefined ? body?.apiKeyFrom : undefined);
      const wanted = {
        type: input.type,
        name: input.name,
        sharedWith: [...input.sharedWith],
        ...(reference === undefined ? {} : { apiKeyFrom: reference }),
        ...(exportUser === undefined ? {} : { exportUser }),
        consent,
      };
      const file = await workspaceWith(db, place, wanted);
      const secret = await newSecret(id, input);
      if (secret !== undefined) await inspect(ground, secret);
      const action = before === undefined ? 'connection.create' : 'connection.change';
      await storeItem(db, place, file.connections[id], {
        by,
        now: now(),
        action,
        check: async (present, within) =>
          refuseStale(
            place,
            edit,
            present && { ...present, etag: etagOfConnection(present, await listConnectionSecrets(within)) },
          ),
      });
      if (reference !== undefined) await deleteConnectionSecret(db, id as ConnectionId);
      else if (secret !== undefined) {
        await saveConnectionSecret(db, ground.key, id as ConnectionId, secret, now());
        await audited(ground, 'connection.connect', `connection:${id}`, { by: secret.type });
      }
      if (input.consent !== undefined) {
        await audited(ground, 'connection.consent', `connection:${id}`, { text: consent.text });
      }
      if (input.exportUser === true) await audited(ground, 'connection.export-user', `connection:${id}`);
      return listed(await itemOf(id));
    },
    testConnection: async (id) => {
      await usable(id);
      return inspect(ground, await secretOf(id));
    },
    describeAudience: async (id, audience) => {
      await usable(id);
      const destination = await (await parts()).openDestination(id as ConnectionId);
      try {
        return await destination.describe(audience, AbortSignal.timeout(patienceMs));
      } catch (error) {
        if (!destination.isGone(error)) throw error;
        throw new PostriderError({
          kind: 'configuration',
          code: 'audience_unknown',
          message: `The account of this connection has no audience "${audience}".`,
          hint: 'Look for the audience ID in Mailchimp, under the settings of the audience.',
          cause: error,
        });
      } finally {
        await destination.close();
      }
    },
    becomeExportUser: async (id) => {
      const { body } = await itemOf(id);
      if (!isFresh(who, now())) throw reauthenticationNeeded();
      const file = await workspaceWith(db, { kind: 'connection', id }, { ...body, exportUser: by });
      await storeItem(db, { kind: 'connection', id }, file.connections[id], {
        by,
        now: now(),
        action: 'connection.export-user',
      });
      return listed(await itemOf(id));
    },
    removeConnection: async (id, { exports, ifMatch, signal }) => {
      const before = await listed(await itemOf(id));
      checkIfMatch(ifMatch, before);
      const unanswered = before.usedBy.filter((each) => exports[each] === undefined);
      if (unanswered.length > 0) {
        throw new PostriderError({
          kind: 'conflict',
          code: 'connection_in_use',
          message: `The connection "${id}" is in use by: ${unanswered.join(', ')}.`,
          hint: 'Say for each export whether it is to be detached or removed.',
        });
      }
      for (const each of before.usedBy) {
        await bringToRest(ground, each, signal);
        if (exports[each] === 'remove') await dropItem(db, { kind: 'export', id: each }, { by, now: now() });
      }
      await dropItem(db, { kind: 'connection', id }, { by, now: now() });
      await deleteConnectionSecret(db, id as ConnectionId);
    },
    detachExport: (id, signal) => bringToRest(ground, id, signal),
  };
}

/** Another key or sign-in makes another state of it too. */
function etagOfConnection(
  { id, body, updatedAt }: WorkspaceItem,
  secrets: Awaited<ReturnType<typeof listConnectionSecrets>>,
): string {
  return etagOf('connection', id, body, updatedAt, secrets.get(id as ConnectionId)?.updatedAt ?? null);
}

/** Nothing of the export can be sent any more, and it has no connection. */
async function bringToRest(ground: AppGround, id: string, signal: AbortSignal): Promise<ClearedExport> {
  const { store, clock, by, parts } = ground;
  const cleared = await clearExport(await parts(), id, { by, withdrawTags: false, signal });
  const item = await findItem(store.db, 'export', id);
  const body = { ...(item?.body as object), connection: null };
  await storeItem(store.db, { kind: 'export', id }, body, { by, now: clock.now(), action: 'export.detach' });
  await endWorkOf(await parts(), id as ExportId);
  return cleared;
}
