import { randomBytes } from 'node:crypto';
import { changeSampleShop } from '../../sample/change.ts';
import type { SampleShop } from '../../sample/shop.ts';
import { sampleAudienceId } from '../../sample/workspace.ts';
import type { App } from '../app.ts';
import type { Config } from '../base/config.ts';
import type { Counts, ExportRun } from '../exports/plan.ts';
import type { RefreshResult } from '../pipeline/refresh.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import { openSampleWorld } from './sample-world.ts';

export interface DemoOptions {
  config: Config;
  people: number;
  signal: AbortSignal;
  /** Called with each line of the story: what it is about, and what happened. */
  tell(topic: string, text: string): void;
  /** For a person who watches, beside the story. */
  say(message: string): void;
  /** Shows all of it in the browser until the signal; absent: the demo ends with its story. */
  serve?: ((app: App, config: Config, listening: (address: string) => void) => Promise<void>) | undefined;
}

const exportId = 'newsletter';

/**
 * The whole way in one go: a local Mailchimp with contacts of its own, a made-up shop, one refresh, a plan, its run; then
 * three days pass in the shop, people leave in Mailchimp, and it runs again. Nothing outlives it.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const { tell, signal } = options;
  const world = await openSampleWorld({
    config: { ...options.config, publicUrl: undefined },
    people: options.people,
    // Beside the page, one port further.
    ...(options.config.port === 0 || options.config.port === 65_535
      ? {}
      : { sandboxPort: options.config.port + 1 }),
    owner: { email: 'demo@postrider.test', password: randomBytes(9).toString('base64url') },
  });
  try {
    const { app, sandbox, shop } = world;
    tell(
      'Mailchimp',
      `a local one, ${sandbox.url}; its audience holds ${n(world.contacts)} contacts of other tools`,
    );
    const { crm, shop: customers, orders } = shop.truth.records;
    tell(
      'Customers',
      `a made-up shop: ${n(crm)} rows of a CRM, ${n(customers)} of a web shop, ${n(orders)} order lines`,
    );

    await app.apply(world.workspace);
    tellRefresh(tell, await app.refresh({ until: 'segments', signal }));
    const plan = await app.plan(exportId);
    tell('Plan', planSentence(plan));
    const run = await app.run(exportId, { plan: plan.run, signal });
    tell('Run', whatRunDid(run));
    tell('Not sent', whoWasNotSent(run));
    tell('Audience', audienceNow(sandbox));

    tell('3 days later', await letTimePass(shop, sandbox));
    await app.refresh({ until: 'segments', signal });
    await runAgain(app, sandbox, options);
    if (options.serve !== undefined && !signal.aborted) await showInBrowser(app, world.config, options);
  } finally {
    await world.close();
  }
}

async function runAgain(app: App, sandbox: Sandbox, { tell, signal }: DemoOptions): Promise<void> {
  const second = await app.run(exportId, { signal });
  tell('Second run', whatRunDid(second));
  tell('Audience', audienceNow(sandbox));
  const third = await app.run(exportId, { signal });
  const idle = third.changes.fields + third.changes.tag + third.changes.untag === 0;
  tell('Third run', idle ? 'nothing has changed, nothing is sent' : whatRunDid(third));
}

/** The page on all of this, with somebody to sign in as. */
async function showInBrowser(app: App, config: Config, { serve, tell, say }: DemoOptions): Promise<void> {
  await serve?.(app, config, (address) => {
    const { email = '', password = '' } = config.owner ?? {};
    tell('Page', `${address} – sign in as ${email} with the password ${password}`);
    say('Ctrl-C ends the demo and removes its files.');
  });
}

/** Customers come, go and change in the files; some leave the audience by their own hand. */
async function letTimePass(shop: SampleShop, sandbox: Sandbox): Promise<string> {
  const { people } = await changeSampleShop(shop);
  const { members } = sandbox.control.audienceState({
    audience: sampleAudienceId,
    tag: 'Newsletter',
    status: 'subscribed',
    count: 25,
  });
  for (const { address } of members) {
    sandbox.control.act({ audience: sampleAudienceId, address, act: { kind: 'unsubscribeSelf' } });
  }
  const changed = people.renamed.length + people.moved.length;
  return `${n(people.joined.length)} new customers, ${n(changed)} changed, ${n(people.left.length)} gone, ${n(people.withdrew.length)} took their consent back; ${n(members.length)} unsubscribed in Mailchimp`;
}

function tellRefresh(tell: DemoOptions['tell'], result: RefreshResult): void {
  const rejected = result.sources.reduce((sum, load) => sum + load.rejected, 0);
  if (result.unify !== undefined) {
    const { records, profiles, matched } = result.unify;
    tell(
      'People',
      `${n(records)} rows → ${n(profiles)} people, ${n(matched)} rows met in both lists; ${n(rejected)} broken rows set aside`,
    );
  }
  tell('Segments', (result.segments ?? []).map((size) => `${size.segment} ${n(size.members)}`).join(' · '));
}

function planSentence({ people }: ExportRun): string {
  const parts = [
    `${n(people.desired)} wanted`,
    `${n(people.add)} new`,
    `${n(people.update)} changed`,
    `${n(people.unchanged)} unchanged`,
    `${n(sum(people.keptOut))} kept out`,
    `${n(sum(people.rejected))} rejected`,
    `${n(people.leave)} leaving`,
  ];
  return parts.join(', ');
}

function whatRunDid(run: ExportRun): string {
  const { add, update, leave } = run.people;
  return `${n(add)} added, ${n(update)} changed, ${n(leave)} lost our tags; ${n(run.requests)} requests, ${run.seconds.toFixed(1)} s, ${run.status}`;
}

function whoWasNotSent({ people: { keptOut, rejected } }: ExportRun): string {
  return Object.entries({ ...keptOut, ...rejected })
    .map(([reason, count]) => `${reason} ${n(count)}`)
    .join(', ');
}

function audienceNow(sandbox: Sandbox): string {
  const [audience] = sandbox.control.audiences();
  return audience === undefined ? '' : `${n(sum(audience.counts))} contacts; ${tagsOf(audience.tags)}`;
}

function tagsOf(tags: Counts): string {
  return Object.entries(tags)
    .map(([tag, count]) => `${tag} ${n(count)}`)
    .join(' · ');
}

function sum(counts: Counts): number {
  return Object.values(counts).reduce((total, count) => total + count, 0);
}

const n = (value: number): string => value.toLocaleString('en-US');
