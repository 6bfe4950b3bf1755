import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sampleAudience, sampleMergeFields } from '../../sample/audience.ts';
import { writeSampleShop, type SampleShop } from '../../sample/shop.ts';
import { sampleAudienceId, writeSampleWorkspace } from '../../sample/workspace.ts';
import { openApp, type App } from '../app.ts';
import type { Config } from '../base/config.ts';
import { startSandbox, type Sandbox } from '../sandbox/sandbox.ts';

/** A made-up shop, a local Mailchimp with contacts of its own, and the product between them. Nothing outlives it. */
export interface SampleWorld {
  shop: SampleShop;
  sandbox: Sandbox;
  /** How many contacts the audience had from the start. */
  contacts: number;
  /** The workspace file, which is not applied yet. */
  workspace: string;
  /** Everything in a folder of its own, and the local Mailchimp in place of the real one. */
  config: Config;
  app: App;
  close(): Promise<void>;
}

export interface SampleWorldOptions {
  config: Config;
  people: number;
  /** Where the local Mailchimp listens; absent: anywhere. */
  sandboxPort?: number;
  /** Whoever signs in; absent: nobody does. */
  owner?: Config['owner'];
}

export async function openSampleWorld(options: SampleWorldOptions): Promise<SampleWorld> {
  const opened = new AsyncDisposableStack();
  try {
    const folder = await mkdtemp(join(tmpdir(), 'postrider-sample-'));
    opened.defer(() => rm(folder, { recursive: true, force: true }));
    const sandbox = await startNear(options.sandboxPort);
    opened.defer(() => sandbox.close());
    const shop = await writeSampleShop({ folder, people: options.people, now: new Date() });
    const contacts = await fillAudience(sandbox, shop);
    const workspace = await writeSampleWorkspace(folder);
    const config = configOf(options, join(folder, 'data'), sandbox);
    const app = await openApp({ config, env: { MAILCHIMP_API_KEY: sandbox.apiKey }, user: 'demo' });
    opened.defer(() => app.close());
    return { shop, sandbox, contacts, workspace, config, app, close: () => opened.disposeAsync() };
  } catch (error) {
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

/** At any port when the wanted one is taken: a demo should not fail for it. */
async function startNear(port: number | undefined): Promise<Sandbox> {
  const settings = { latency: { kind: 'fixed', ms: 40 } } as const;
  if (port === undefined) return startSandbox(settings);
  return startSandbox({ ...settings, port }).catch(() => startSandbox(settings));
}

function configOf({ config, owner }: SampleWorldOptions, dataFolder: string, sandbox: Sandbox): Config {
  return {
    ...config,
    dataFolder,
    databaseUrl: undefined,
    owner,
    mailchimp: {
      ...config.mailchimp,
      baseUrl: sandbox.apiRoot,
      oauthUrl: sandbox.oauthUrl,
      clientId: 'sandbox-client',
      clientSecret: 'sandbox-secret',
    },
  };
}

async function fillAudience(sandbox: Sandbox, shop: SampleShop): Promise<number> {
  sandbox.control.createAudience({
    id: sampleAudienceId,
    name: 'Sample shop',
    mergeFields: sampleMergeFields.map((field) => ({ ...field })),
  });
  const members = await Array.fromAsync(sampleAudience(shop));
  return sandbox.control.seedMembers({ audience: sampleAudienceId, members }).added;
}
