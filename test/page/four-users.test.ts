import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKey } from '../support/newsletter-workspace.ts';
import { ro } from '../../web/src/language/ro.ts';
import { hasBrowser, openBrowser, openPage } from './browser.ts';
import { owner, PageServer, type PageServerOptions } from './page-server.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';

const never = new AbortController().signal;
const letters = 'letters012';
/** As long as a page may take to say something, on a machine that has other things to do. */
const patience = { timeout: 20_000 };

/** Customers with a birthday, of which three cannot be read. */
function customers(count: number): string {
  const rows = Array.from({ length: count }, (_, n) => {
    const email = n === 5 ? 'not an address' : `person${n}@shop.test`;
    const birthday = n < 3 ? 'unknown' : '05/17';
    return [n + 1, email, `Ana ${n}`, `Pop ${n}`, n % 2 === 0 ? 'Iași' : 'Arad', birthday].join(',');
  });
  return ['id,email,first_name,last_name,city,birthday', ...rows].join('\n');
}

/** An order of everybody, of every second one within the last days. */
function orders(count: number): string {
  const day = (ago: number) => new Date(Date.now() - ago * 86_400_000).toISOString().slice(0, 10);
  const rows = Array.from({ length: count }, (_, n) => `${n + 1},${n + 1},${day(n % 2 === 0 ? 10 : 200)}`);
  return ['order_no,customer,ordered_at', ...rows].join('\n');
}

const people = 120;
const files = { 'people.csv': customers(people), 'orders.csv': orders(people) };

const data = `version: 1
sources:
  crm: { type: csv, name: CRM, path: people.csv, key: id }
  orders: { type: csv, name: Orders, path: orders.csv, key: order_no }
unify:
  sources:
    - source: crm
      attributes: { email: email, first_name: first_name, last_name: last_name, city: city, birthday: birthday }
relationships:
  crm_orders: { name: Orders, from: orders.customer, to: crm.id }
segments:
  held-out: { name: Held out, rules: { combinator: and, rules: [{ field: last_name, operator: endsWith, value: "0" }] } }
schedule: { timeZone: Europe/Bucharest, daily: ["06:00"] }
`;

const connection = `
connections:
  account: { name: Newsletter account, type: mailchimp, apiKey: "\${MAILCHIMP_API_KEY}", sharedWith: [contributors], consent: { agreedBy: dan@acme.test, date: "2026-11-24", text: v1 } }
`;

const everybody = `  everybody: { name: Everybody, rules: { combinator: and, rules: [] } }
schedule`;
const sending = `${data.replace('schedule', everybody)}${connection}
exports:
  newsletter: { name: Newsletter, connection: account, audience: ${letters}, match: { email: email }, attributes: { FNAME: first_name, LNAME: last_name }, segments: [everybody] }
`;

const open = (text?: string, options: PageServerOptions = {}) =>
  PageServer.open(text, { files, prepare: addLetters, ...options });

/** An audience with more fields than names. */
function addLetters(sandbox: Sandbox): void {
  sandbox.control.createAudience({
    id: letters,
    name: 'Letters',
    mergeFields: [
      { tag: 'FNAME', name: 'First Name', type: 'text' },
      { tag: 'LNAME', name: 'Last Name', type: 'text' },
      { tag: 'CITY', name: 'City', type: 'text' },
      { tag: 'BDAY', name: 'Birthday', type: 'birthday' },
    ],
  });
}

/** What one does on a page, whoever one is. */
function on(page: Page, address: string) {
  return {
    go: (path: string) => page.goto(address + path),
    button: (name: string | RegExp) => page.getByRole('button', { name, exact: true }),
    says: (text: string | RegExp) => page.getByText(text).first().waitFor(),
    choose: async (label: string, option: string | RegExp, at?: number) => {
      const box = page.getByRole('combobox', { name: label });
      await (at === undefined ? box.last() : box.nth(at)).click();
      await page.getByRole('option', { name: option }).first().click();
    },
  };
}

/** A number that stands in a tile. */
async function tile(page: Page, label: string): Promise<string> {
  const text = await page.getByText(label, { exact: true }).first().locator('xpath=..').textContent();
  return (text ?? '').replace(label, '');
}

describe.skipIf(!hasBrowser)('the marketing operator', { timeout: 120_000 }, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  let troubles: string[];
  let act: ReturnType<typeof on>;

  beforeAll(async () => {
    server = await open(data + connection);
    const ioana = await server.invite('ioana@acme.test', 'contributor');
    await server.speak('ro', ioana);
    browser = await openBrowser();
    ({ page, troubles } = await openPage(browser, { language: 'ro' }));
    act = on(page, server.address);
    await server.signIn(page, ioana);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('sees at home, in Romanian, how things are', async () => {
    await page.getByRole('heading', { name: 'Acasă' }).waitFor();
    await act.says(ro.home.lastRefresh);
    await act.says(ro.home.nextRefresh);
    await act.says(ro.home.steps.exports);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Acasă');
  });

  test('builds who bought in the last 90 days and is not held out, and sees who that is', async () => {
    await act.go('/segments/new');
    await page.getByRole('textbox', { name: ro.segments.name }).fill('Cumpărători recenți');
    await act.button(ro.rules.addCondition).first().click();
    await act.choose(ro.rules.field, 'Orders');
    await act.button(ro.rules.addCondition).nth(1).click();
    await act.choose(ro.rules.field, 'ordered_at');
    await act.choose(ro.rules.operatorLabel, ro.rules.operator.withinLast);
    await page.getByRole('textbox', { name: ro.rules.value }).fill('90');
    const size = page.getByRole('complementary', { name: ro.segments.size });
    await size.getByText('60', { exact: true }).waitFor();
    await act.button(ro.rules.addCondition).first().click();
    await act.choose(ro.rules.field, ro.rules.otherSegments);
    await act.choose(ro.rules.operatorLabel, ro.rules.operator.notIn);
    await page.getByRole('combobox', { name: ro.rules.value }).last().click();
    await page.getByRole('option', { name: 'Held out' }).click();
    await page.keyboard.press('Escape');
    // Of the sixty twelve have a name that ends with 0.
    await size.getByText('48', { exact: true }).waitFor();
    await size
      .getByRole('link', { name: /^person\d+@shop.test$/ })
      .nth(9)
      .waitFor();
    expect(await size.textContent()).toMatch(/Orders.*90 de zile/);
  });

  test('saves and runs it, and it is active and dynamic', async () => {
    await act.button(ro.segments.saveAndRun).click();
    await page.getByRole('heading', { name: ro.segments.trend }).waitFor();
    await act.says(ro.segments.dynamic);
    await page.getByText(ro.status.active).first().waitFor();
    await page
      .getByRole('link', { name: /^person\d+@shop.test$/ })
      .first()
      .waitFor();
    expect(await server.app.segment('cumparatori-recenti')).toMatchObject({ state: 'active', members: 48 });
  });

  test('adds a destination: shared connection, audience from the list, fields, segment', async () => {
    await page.getByRole('link', { name: ro.segments.export }).click();
    await page.getByRole('textbox', { name: ro.exports.name }).fill('Scrisoarea de toamnă');
    expect(await page.getByRole('combobox', { name: ro.destination.connectionFor }).inputValue()).toBe(
      'Newsletter account',
    );
    await page.getByRole('combobox', { name: ro.destination.audience }).click();
    await page.getByRole('option', { name: /Letters.* 0 / }).click();
    await act.says('✓ Letters');
    expect(await page.getByRole('combobox', { name: ro.destination.email }).first().inputValue()).toBe(
      'email',
    );
    for (const field of ['FNAME', 'LNAME']) {
      await act.button(ro.destination.addAttribute).click();
      const fields = page.getByRole('combobox', { name: ro.destination.field });
      expect(await fields.last().inputValue()).toContain(field);
    }
    for (const field of ['CITY', 'BDAY']) {
      await act.button(ro.destination.addAttribute).click();
      await act.choose(ro.destination.field, new RegExp(field));
    }
    await act.choose(ro.destination.from, 'city', 2);
    await act.choose(ro.destination.from, 'birthday', 3);
    expect(await page.getByRole('radio', { name: ro.destination.leave.untag }).isChecked()).toBe(true);
    await page.getByRole('textbox', { name: ro.destination.contract }).fill('500');
    await act.says('48 de persoane în total, din cel mult 1.000.000');
    server.sandbox.control.resetCounters({});
    await act.button(ro.act.save).click();
    await act.says(ro.status.notRun);
    // The next refresh, in the time zone of the schedule.
    await act.says(/06:00/);
    expect(server.sandbox.control.counters({}).writes).toBe(0);
  });

  test('reads the plan: who is new, and whose birthday cannot be read', async () => {
    await act.button(ro.exports.plan).click();
    await act.button(ro.runs.apply).waitFor();
    expect(await tile(page, ro.runs.desired)).toBe('48');
    // Number 2 of those three ordered lately, and number 0 is held out.
    expect(await tile(page, ro.runs.rejected)).toBe('1');
    expect(await tile(page, ro.runs.add)).toBe('47');
    await act.says(/BDAY/);
    expect(server.sandbox.control.counters({}).writes).toBe(0);
  });

  test('mends the matching, and runs; the contract is met at home', async () => {
    await act.go('/data/exports/scrisoarea-de-toamna/edit');
    await act.button('Eliminați câmpul BDAY').click();
    await act.button(ro.act.save).click();
    await act.button(ro.exports.plan).click();
    await act.button(ro.runs.apply).waitFor();
    expect(await tile(page, ro.runs.add)).toBe('48');
    await act.button(ro.runs.apply).click();
    await act.says(ro.status.succeeded);
    const [member] = server.sandbox.control.audienceState({ audience: letters, count: 1 }).members;
    expect(member?.tags).toEqual(['Cumpărători recenți']);
    await act.go('/');
    await act.says(
      ro.home.contractOf
        .replace('{{name}}', 'Newsletter account')
        .replace('{{now}}', '48')
        .replace('{{limit}}', '500'),
    );
  });

  test('is stopped by a brake when a source comes empty, finds it, and may not let it go', async () => {
    await writeFile(join(server.folder, 'orders.csv'), orders(8));
    await server.app.refresh({ until: 'segments', signal: never });
    await act.go('/data/exports/scrisoarea-de-toamna');
    await act.button(ro.exports.runNow).click();
    await page.getByRole('alert').getByText(ro.runs.brake).waitFor();
    await act.says(ro.runs.releaseBy);
    expect(await act.button(ro.runs.release).count()).toBe(0);
    expect(troubles).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)('the administrator', { timeout: 120_000 }, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  let troubles: string[];
  let act: ReturnType<typeof on>;

  beforeAll(async () => {
    server = await open(sending.replace('daily: ["06:00"]', ''), { owned: false });
    browser = await openBrowser();
    ({ page, troubles } = await openPage(browser));
    act = on(page, server.address);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('becomes the owner by the link of the first start, and invites others', async () => {
    await page.goto(server.ownerLink);
    await page.getByRole('textbox', { name: 'E-mail address' }).fill(owner.email);
    await page.getByRole('textbox', { name: 'Your name' }).fill('Dana');
    await page.locator('input[type=password]').fill(owner.password);
    await act.button('Make my account').click();
    await page.getByRole('heading', { name: 'Home' }).waitFor();

    await act.go('/admin/users');
    await act.button('Invite somebody').first().click();
    await page.getByRole('textbox', { name: 'E-mail address' }).fill('mihai@acme.test');
    await act.choose('Role', 'Administrator');
    await act.button('Make the link').click();
    const link =
      (await page
        .getByRole('dialog')
        .getByText(/\/invitation#/)
        .textContent()) ?? '';
    const other = await openPage(browser);
    await other.page.goto(link);
    await other.page.getByRole('textbox', { name: 'Your name' }).fill('Mihai');
    await other.page.locator('input[type=password]').fill(owner.password);
    await other.page.getByRole('button', { name: 'Join' }).click();
    await other.page.getByRole('heading', { name: 'Home' }).waitFor();
    // The new one takes the sending upon themselves.
    await other.page.goto(`${server.address}/admin/connections/account`);
    await other.page.getByRole('checkbox', { name: 'Add yourself as export user' }).check();
    await other.page.getByRole('button', { name: 'Save', exact: true }).click();
    await other.page.getByRole('row', { name: /Newsletter account/ }).waitFor();
    expect(await server.app.connections()).toMatchObject([{ exportUser: 'mihai@acme.test' }]);
    await other.context.close();
  });

  test('sets the schedule, a limit and whom to tell', async () => {
    await act.go('/admin/system');
    await page.getByRole('tab', { name: 'Schedule' }).click();
    await act.choose('Time zone', 'Europe/Bucharest');
    await page.getByLabel('Time 1').fill('06:00');
    await act.button('Add a time').click();
    await page.getByLabel('Time 2').fill('14:00');
    await act.button('Save').click();
    await act.says(/14:00/);
    await expect
      .poll(
        async () => (await server.app.item('schedule', 'workspace').catch(() => undefined))?.body,
        patience,
      )
      .toMatchObject({ timeZone: 'Europe/Bucharest', daily: ['06:00', '14:00'] });

    await page.getByRole('tab', { name: 'Alerts' }).click();
    await page.getByRole('textbox', { name: 'Display name' }).fill('Office');
    await page.getByRole('textbox', { name: 'E-mail addresses' }).fill('office@acme.test');
    await act.button('Add a channel').click();
    await act.says(/office@acme\.test|o.*@acme\.test/);

    await act.go('/data/exports/newsletter/edit');
    await page.getByRole('textbox', { name: 'Contacts your Mailchimp plan allows' }).fill('2500');
    await act.button('Save').click();
    await page.getByRole('heading', { name: 'Runs' }).waitFor();
    expect((await server.app.item('export', 'newsletter')).body).toMatchObject({
      limits: { contract: 2500 },
    });
  });

  test('removes a user who leaves: exports in their name stop, and somebody takes over', async () => {
    await act.go('/admin/users');
    await page.getByRole('row', { name: /mihai/ }).getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
    await page.getByRole('row', { name: /mihai/ }).waitFor({ state: 'detached' });
    await act.go('/data/exports/newsletter');
    await act.button('Run now').click();
    await act.says(/export user of the connection/i);

    await act.go('/admin/connections/account');
    await act.says(/mihai@acme.test/);
    await page.getByRole('checkbox', { name: 'Add yourself as export user' }).check();
    await act.button('Save').click();
    await page.getByRole('row', { name: /Newsletter account/ }).waitFor();
    await act.go('/data/exports/newsletter');
    await act.button('Run now').click();
    await page.waitForURL(/\/data\/runs\//);
    await act.says('Successful');
    expect(await server.app.connections()).toMatchObject([{ exportUser: owner.email }]);
  });

  test('gives another key when Mailchimp takes one back, and runs again', async () => {
    server.sandbox.control.addFault({
      times: null,
      answer: { kind: 'status', status: 401, body: 'problem' },
    });
    await act.go('/data/exports/newsletter');
    await act.button('Run now').click();
    const told = page.getByRole('alert').first();
    await told.waitFor();
    expect(await told.textContent()).toMatch(/sign in again|key/i);
    server.sandbox.control.clearFaults({});

    await act.go('/admin/connections/account');
    await page.getByRole('radio', { name: 'API key' }).check();
    await page.locator('input[type=password]').fill(apiKey);
    await act.button('Save').click();
    await page.getByRole('row', { name: /Newsletter account/ }).waitFor();
    await act.go('/data/exports/newsletter');
    await act.button('Run now').click();
    await page.waitForURL(/\/data\/runs\//);
    await act.says('Successful');
  });

  test('comes back to the connection whose sign-in was refused, with what was filled in', async () => {
    await act.go('/admin/connections/account');
    await page.getByRole('textbox', { name: 'Display name' }).fill('Another name');
    await page.getByRole('radio', { name: 'Sign in with Mailchimp' }).check();
    // It is connected with a key, and no sign-in is there yet.
    expect(await act.button('Save').isDisabled()).toBe(true);
    await act.button('Authenticate with Mailchimp').click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('alert').getByText('Mailchimp did not let us in').waitFor();
    expect(new URL(page.url()).pathname).toBe('/admin/connections/account');
    expect(await page.getByRole('textbox', { name: 'Display name' }).inputValue()).toBe('Another name');
    // A new one begins empty, and nobody has agreed to anything.
    await act.go('/admin/connections/new?error=mailchimp_sign_in_refused');
    await page.getByRole('alert').waitFor();
    expect(await page.getByRole('textbox', { name: 'Display name' }).inputValue()).toBe('');
    expect(await page.getByRole('checkbox', { name: 'I agree' }).isChecked()).toBe(false);
  });

  test('removes the connection: one export is detached, another goes', async () => {
    const { body } = await server.app.item('export', 'newsletter');
    const other = { ...(body as object), name: 'Held out', segments: ['held-out'] };
    await server.app.saveExport('held-out', other, { ifNew: true });
    await act.go('/admin/connections');
    await act.button('More about Newsletter account').click();
    await page.getByRole('menuitem', { name: 'Remove' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('radiogroup', { name: 'held-out' }).getByText('Remove', { exact: true }).click();
    await dialog.getByRole('button', { name: 'Remove', exact: true }).click();
    await act.says('No connections yet');
    await expect
      .poll(async () => (await server.app.exports()).map(({ id }) => id), patience)
      .toEqual(['newsletter']);
    expect((await server.app.export('newsletter')).connection).toBeNull();
  });

  test('finds all of it in the audit log', async () => {
    await act.go('/admin/audit');
    for (const action of ['connection.remove', 'user.remove', 'schedule.save', 'user.invite']) {
      await page.getByText(action, { exact: true }).first().waitFor();
    }
    expect(troubles).toEqual([]);
  });
});

describe.skipIf(!hasBrowser)('the data engineer, as far as the page goes', { timeout: 120_000 }, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  let act: ReturnType<typeof on>;

  beforeAll(async () => {
    server = await open();
    browser = await openBrowser();
    ({ page } = await openPage(browser));
    act = on(page, server.address);
    await server.signIn(page);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('is told at a new segment that there is nobody yet', async () => {
    await act.go('/segments/new');
    await act.says('No customers yet');
    expect(await page.getByRole('alert').count()).toBe(0);
    await act.go('/');
  });

  test('looks at sample data first, with a Mailchimp of its own, and ends them', async () => {
    await act.button('Try with sample data').click();
    // It makes customers, unifies them and begins a Mailchimp first.
    await page.getByText('Made-up customers and a local Mailchimp').first().waitFor({ timeout: 60_000 });
    await act.go('/data/exports/newsletter');
    await act.button('Make a plan').click();
    await act.button('Run this plan').click();
    await page.getByText('Successful').first().waitFor();
    await act.button('End the sample').click();
    await act.says('Bring your customers in');
    expect(await server.app.sources()).toEqual([]);
  });

  test('uploads a file, and sees what stands in its columns and what was set aside', async () => {
    await act.go('/data/sources');
    await act.button('Add source').first().click();
    await page.getByRole('textbox', { name: 'Name' }).fill('CRM');
    const broken = `${customers(people)}\n121,person121@shop.test,"An`;
    await page.locator('input[type=file]').setInputFiles({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(broken),
    });
    await page.getByRole('textbox', { name: 'Key' }).fill('id');
    await page
      .getByRole('dialog')
      .getByRole('button', { name: /Add source|Save/ })
      .click();
    await page.getByRole('row', { name: /CRM/ }).waitFor();
    await act.go('/');
    await act.button('Refresh now').click();
    await expect
      .poll(async () => (await server.app.sources()).map(({ rows }) => rows), patience)
      .toEqual([people]);
    await act.go('/data/sources');
    const row = page.getByRole('row', { name: /CRM/ });
    await row.getByText('120').waitFor();
    await row.getByRole('button').first().click();
    await act.says('Most repeated');
    // A line that was cut off in the middle of a value.
    await page.getByRole('heading', { name: 'Rows that were set aside' }).waitFor();
    await act.says(/122/);
  });

  test('a second source of the same name takes nothing from the first', async () => {
    const { path } = (await server.app.item('source', 'crm')).body as { path: string };
    const before = await readFile(path, 'utf8');
    await act.button('Add source').first().click();
    await page.getByRole('textbox', { name: 'Name' }).fill('CRM');
    await page.locator('input[type=file]').setInputFiles({
      name: 'people.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from(customers(3)),
    });
    await page.getByRole('dialog').getByRole('button', { name: 'Save' }).click();
    await page.getByRole('alert').getByText('item_exists').waitFor();
    expect(await readFile(path, 'utf8')).toBe(before);
  });

  test('says which columns are which attributes, by what was proposed, and has people', async () => {
    await act.go('/data/unify');
    await page.getByRole('tab', { name: /Columns/ }).waitFor();
    await page.getByRole('checkbox', { name: 'crm' }).check();
    expect(await page.getByRole('textbox', { name: 'Attribute of email' }).inputValue()).toBe('email');
    await act.button('Save').click();
    await expect.poll(async () => (await server.app.dump()).includes('unify:'), patience).toBe(true);
    await server.app.refresh({ until: 'segments', signal: never });
    await act.go('/data/customers');
    await page.getByRole('textbox', { name: 'Search by name, address, anything' }).fill('person10@shop.test');
    await page.getByRole('link', { name: 'person10@shop.test' }).waitFor();
  });
});

describe.skipIf(!hasBrowser)('the privacy officer', { timeout: 120_000 }, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  let troubles: string[];
  let act: ReturnType<typeof on>;
  const address = 'person10@shop.test';
  const couple = [501, 502].map((id) => `${id},couple@shop.test,Ana ${id},Pop ${id},Arad,05/17`);

  beforeAll(async () => {
    const withCouple = [customers(people), ...couple].join('\n');
    server = await open(sending, { files: { ...files, 'people.csv': withCouple } });
    await server.app.run('newsletter', { signal: never });
    const rights = ['look.people', 'people.forget', 'audit.read'] as const;
    const irina = await server.invite('irina@acme.test', 'viewer', [...rights]);
    browser = await openBrowser();
    ({ page, troubles } = await openPage(browser));
    act = on(page, server.address);
    await server.signIn(page, irina);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  test('reads what each export hands over, on whose word', async () => {
    await act.go('/data/exports/newsletter');
    await page.getByRole('heading', { name: 'What is handed over' }).waitFor();
    await act.says('FNAME ← first_name');
    await act.says(/dan@acme.test agreed to this/);
    expect(await act.button('Run now').count()).toBe(0);
  });

  test('finds why somebody is not written to any more: they left, and when', async () => {
    server.sandbox.control.act({
      audience: letters,
      address: 'person20@shop.test',
      act: { kind: 'unsubscribeSelf' },
    });
    await server.app.refresh({ until: 'segments', signal: never });
    await server.app.run('newsletter', { signal: never });
    await find('person20@shop.test');
    await act.says(/^unsubscribed since/);
    await act.says('They left by themselves: no export adds them again.');
    const [person] = await server.app.person('person20@shop.test');
    expect(person?.history.audiences).toMatchObject([
      { status: 'unsubscribed', since: expect.any(String) as string },
    ]);
  });

  test('answers an access request with a file', async () => {
    await find(address);
    const saved = page.waitForEvent('download');
    await act.button('Save as a file').click();
    const file = JSON.parse(await readFile(await (await saved).path(), 'utf8')) as object;
    expect(file).toMatchObject({
      addresses: [address],
      records: [{ source: 'crm', key: '11' }],
      segments: [{ segment: 'everybody' }, { segment: 'held-out', because: ['last_name ends with “0”'] }],
      history: { audiences: [{ audience: `account:${letters}`, status: 'subscribed' }] },
    });
  });

  test('erases somebody here and there, with a receipt, and they stay away', async () => {
    await act.button('Forget this person').click();
    await act.says(`Addresses: ${address}`);
    await page.getByRole('radio', { name: /Delete permanently/ }).check();
    await page.getByRole('textbox', { name: 'Why' }).fill('request 17');
    await page.getByRole('dialog').getByRole('button', { name: 'Forget this person' }).click();
    await act.says('Done. Receipt');
    const saved = page.waitForEvent('download');
    await act.button('Save the receipt').click();
    const receipt = await readFile(await (await saved).path(), 'utf8');
    expect(JSON.parse(receipt)).toMatchObject({ state: 'done', why: 'request 17' });
    expect(receipt).not.toContain(address);
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    // Their page is gone with them.
    await page.getByRole('textbox', { name: 'Search by name, address, anything' }).waitFor();
    await page
      .getByRole('link', { name: /^person\d+@shop.test$/ })
      .first()
      .waitFor();
    expect(await page.getByText(address).count()).toBe(0);

    // The source still has them.
    await server.app.refresh({ until: 'segments', signal: never });
    await act.go('/data/customers');
    await page.getByRole('textbox', { name: 'Search by name, address, anything' }).fill(address);
    await act.says('Nobody');
    const again = await server.app.run('newsletter', { signal: never });
    expect(again.people.add).toBe(0);
    const { members } = server.sandbox.control.audienceState({ audience: letters, count: 200 });
    expect(members.map((member) => member.address)).not.toContain(address);
  });

  test('erases people who share an address once all of them are meant', async () => {
    await act.go('/data/customers');
    await page.getByRole('textbox', { name: 'Search by name, address, anything' }).fill('couple@shop.test');
    await page.getByRole('link', { name: 'couple@shop.test' }).first().click();
    await act.button('Forget this person').click();
    await page.getByRole('textbox', { name: 'Why' }).fill('request 18');
    const forget = page.getByRole('dialog').getByRole('button', { name: 'Forget this person' });
    await act.says('Profiles: 2.');
    expect(await forget.isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: 'All 2 profiles go' }).check();
    await forget.click();
    await act.says('Done. Receipt');
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click();
    expect(await server.app.person('couple@shop.test')).toEqual([]);
  });

  test('sees every look at people in the audit log, which can be saved', async () => {
    await act.go('/admin/audit?who=irina@acme.test');
    await page
      .getByText('people.look')
      .or(page.getByText(/customer:/))
      .first()
      .waitFor();
    const saved = page.waitForEvent('download');
    await page.getByRole('link', { name: 'CSV' }).click();
    const csv = await readFile(await (await saved).path(), 'utf8');
    expect(csv).toContain('irina@acme.test');
    expect(csv).not.toContain(address);
    expect(troubles).toEqual([]);
  });

  async function find(who: string): Promise<void> {
    await act.go('/data/customers');
    await page.getByRole('textbox', { name: 'Search by name, address, anything' }).fill(who);
    await page.getByRole('link', { name: who }).click();
    await page.getByRole('heading', { name: 'Profile' }).waitFor();
  }
});
