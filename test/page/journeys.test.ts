import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { audience } from '../support/newsletter-workspace.ts';
import { hasBrowser, openBrowser, openPage } from './browser.ts';
import { connectionAndExport, customers, owner, PageServer, workspace } from './page-server.ts';

const never = new AbortController().signal;

const romania = {
  name: 'Romanian customers',
  rules: { combinator: 'and', rules: [{ field: 'country', operator: '=', value: 'RO' }] },
};

/** What people do from one day to the next, and what goes wrong. */
describe.skipIf(!hasBrowser)('in a browser', { timeout: 120_000 }, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  let troubles: string[];

  beforeAll(async () => {
    server = await PageServer.open(workspace + connectionAndExport);
    browser = await openBrowser();
    ({ page, troubles } = await openPage(browser));
    await server.signIn(page);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const go = (path: string) => page.goto(server.address + path);
  const button = (name: string | RegExp) => page.getByRole('button', { name });

  test('a segment is made by the keyboard alone, sized while it is written, and exported', async () => {
    await go('/segments/new');
    await page.getByRole('textbox', { name: 'Display name' }).focus();
    await page.keyboard.type('Romanians who spend');
    await button('Add condition').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'What is asked' }).focus();
    await page.keyboard.type('country');
    await page.keyboard.press('Enter');
    await page.getByRole('combobox', { name: 'Value' }).focus();
    await page.keyboard.type('RO');
    await page.getByRole('complementary').getByText('100', { exact: true }).waitFor();
    expect(await page.getByRole('complementary').textContent()).toMatch(/country is “?RO/);
    await button('Save and run').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'Members over time' }).waitFor();
    await page
      .getByRole('link', { name: /^person\d+@shop.test$/ })
      .first()
      .waitFor();
    expect(await server.app.segment('romanians-who-spend')).toMatchObject({ members: 100, state: 'active' });

    await page.getByRole('link', { name: 'Add export' }).click();
    await page.getByText('Romanians who spend · 100 people').first().waitFor();
  });

  test('a step takes people away from those found above', async () => {
    await go('/segments/romania/edit');
    await button(/^Then unite/).click();
    await button('Add condition').nth(1).click();
    await page.getByRole('combobox', { name: 'What is asked' }).last().click();
    await page.getByRole('option', { name: 'spent' }).click();
    await page.getByRole('combobox', { name: 'How it is asked' }).last().click();
    await page.getByRole('option', { name: 'at least' }).click();
    await page.getByRole('textbox', { name: 'Value' }).last().fill('1000');
    // Half of the hundred who spent that much live there.
    await page.getByText('50 after this').waitFor();
    await button('Save and run').click();
    await page.getByRole('heading', { name: 'Members over time' }).waitFor();
    const { body } = await server.app.item('segment', 'romania');
    expect((body as { rules: unknown }).rules).toMatchObject({ rules: [{}, 'except', {}] });
    // As it was, for those who come after.
    await server.app.saveSegment('romania', romania, { ifMatch: '*' });
    await server.app.refresh({ until: 'segments', signal: never });
  });

  test('a segment that was switched off stays so when its words are changed, and what is emptied stays empty', async () => {
    const off = { ...romania, name: 'Off', description: 'Old words', state: 'inactive' };
    await server.app.saveSegment('off', off, { ifNew: true });
    await go('/segments/off/edit');
    await page.getByRole('textbox', { name: 'Description' }).fill('');
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await page.getByRole('heading', { name: 'Members over time' }).waitFor();
    const { body } = await server.app.item('segment', 'off');
    expect(body).toMatchObject({ state: 'inactive', rules: romania.rules });
    expect(body).not.toHaveProperty('description');
  });

  test('a segment is saved once every condition is filled in', async () => {
    await go('/segments/off/edit');
    await button('Add condition').click();
    await page.getByText('Some conditions are not filled in').waitFor();
    expect(await button('Save and run').isDisabled()).toBe(true);
    await button('Remove rule 2').click();
    await page.getByText('Some conditions are not filled in').waitFor({ state: 'detached' });
    expect(await button('Save and run').isDisabled()).toBe(false);
  });

  test('undo and redo go step by step', async () => {
    await go('/segments/new');
    await button('Add condition').click();
    await button('Add condition').click();
    const rules = page.getByRole('combobox', { name: 'What is asked' });
    expect(await rules.count()).toBe(2);
    await button('Undo').click();
    expect(await rules.count()).toBe(1);
    await button('Redo').click();
    expect(await rules.count()).toBe(2);
  });

  test('somebody is found, with where they come from and why they are in a segment', async () => {
    await go('/data/customers');
    await page.getByRole('textbox', { name: /Search/ }).fill('person150');
    await page.getByRole('link', { name: 'person150@shop.test' }).click();
    await page.getByText('people.csv:152').waitFor();
    const segments = page.locator('div', { has: page.getByRole('heading', { name: 'Segments' }) }).last();
    expect(await segments.textContent()).toMatch(/Big spenders.*spent/);
  });

  test('a change of unification says what it would do before it is saved', async () => {
    await go('/data/unify');
    await page.getByRole('tab', { name: /Deduplicate/ }).click();
    await button('Add rule').click();
    await page.getByRole('textbox', { name: 'Rule 1' }).fill('same name');
    await page.getByRole('combobox', { name: 'Attribute' }).click();
    await page.getByRole('option', { name: 'country' }).click();
    // A hundred who live in one country are not one person.
    await page
      .getByText(/“same name” would make 100 records one person/)
      .first()
      .waitFor();
    // Names that are alike by nine tenths are looked for only where something else is the same.
    await page.getByRole('textbox', { name: 'Alike by' }).fill('90');
    await page.getByRole('textbox', { name: 'Alike by' }).blur();
    await page.getByRole('alert').waitFor();
    expect((await server.app.segment('romania')).members).toBe(100);
  });

  test('of two who edit one export, the second is told and loses nothing', async () => {
    await go('/data/exports/newsletter/edit');
    await page.getByRole('textbox', { name: 'Display name' }).fill('Mine');
    const { body } = await server.app.item('export', 'newsletter');
    await server.app.saveExport('newsletter', { ...(body as object), name: 'Theirs' }, { ifMatch: '*' });
    await button('Save').click();
    await page.getByRole('alert').getByText('edited_meanwhile').waitFor();
    expect(await page.getByRole('textbox', { name: 'Display name' }).inputValue()).toBe('Mine');
    expect((await server.app.export('newsletter')).name).toBe('Theirs');
  });

  test('a connection that is lost in the middle of a run is told on the export, with what to do', async () => {
    server.sandbox.control.addFault({
      method: 'POST',
      path: `^/lists/${audience}$`,
      times: null,
      answer: { kind: 'status', status: 401, body: 'problem' },
    });
    await go('/data/exports/newsletter');
    await button('Run now').click();
    await page.waitForURL(/\/data\/runs\//);
    const told = page.getByRole('alert').filter({ hasText: 'Failed' });
    await told.waitFor();
    expect(await told.textContent()).toMatch(/sign in again|key|credential/i);
    server.sandbox.control.clearFaults({});
  });

  test('a brake waits for somebody who says why, and then the run goes on', async () => {
    await go('/data/exports/newsletter');
    await button('Run now').click();
    await page.waitForURL(/\/data\/runs\//);
    await page.getByText('Successful').first().waitFor();

    // The next morning a source comes half empty.
    await writeFile(join(server.folder, 'people.csv'), customers(60));
    await server.app.refresh({ until: 'segments', signal: never });
    const before = server.sandbox.control.counters({}).writes;
    await go('/data/exports/newsletter');
    await button('Run now').click();
    await page.waitForURL(/\/data\/runs\//);
    await page.getByRole('alert').getByText('Stopped before anything was sent').waitFor();
    expect(server.sandbox.control.counters({}).writes).toBe(before);

    await go('/');
    await page.getByRole('link', { name: 'See who, and decide' }).click();
    await page.getByRole('tab', { name: /Leaving/ }).click();
    await page.getByText('person100@shop.test').first().waitFor();
    expect(await button('Release the brake').isDisabled()).toBe(true);
    await page.getByRole('textbox', { name: 'Why is this right?' }).fill('the shop was sold');
    await button('Release the brake').click();
    await page.getByText('Released by').waitFor();
    await page.getByText('Successful').first().waitFor();
    expect(server.sandbox.control.counters({}).writes).toBeGreaterThan(before);
  });

  test('a run is taken back by a plan of its own', async () => {
    const tagged = () => {
      const { members } = server.sandbox.control.audienceState({ audience, count: 200 });
      return members.filter(({ tags }) => tags.length > 0).length;
    };
    const after = tagged();
    await button('Undo…').click();
    await page.getByRole('heading', { name: /^Plan|^Undo/ }).waitFor();
    await button('Undo this run').click();
    await page.getByRole('dialog').getByRole('button', { name: 'Undo this run' }).click();
    await page.getByText('Successful').first().waitFor();
    await go('/data/exports/newsletter');
    await page.getByText('Paused').first().waitFor();
    expect((await server.app.export('newsletter')).paused).not.toBeNull();
    // Those who had lost their tags have them again.
    expect(tagged()).toBeGreaterThan(after);
  });

  test('a role that was refused is not shown as if it were held', async () => {
    await go('/admin/users');
    const role = page.getByRole('combobox', { name: owner.email });
    await role.click();
    await page.getByRole('option', { name: 'Viewer' }).click();
    await page.getByRole('alert').waitFor();
    expect(await role.inputValue()).toBe('Owner');
  });

  test('a token is ended once somebody has said so, with its owner in sight', async () => {
    await go('/admin/tokens');
    const made = await page.request.post(`${server.address}/api/v1/me/tokens`, {
      data: { name: 'nightly refresh', scopes: ['look'], expiresInDays: 30 },
      headers: { origin: server.address },
    });
    expect(made.ok()).toBe(true);
    await page.reload();
    await page.getByRole('combobox', { name: 'Whose tokens' }).click();
    await page.getByRole('option', { name: 'Everybody’s' }).click();
    const row = page.getByRole('row', { name: /nightly refresh/ });
    await row.getByText(owner.email).waitFor();
    await row.getByRole('button', { name: 'Revoke' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('nightly refresh').waitFor();
    const asked = await page.request.get(`${server.address}/api/v1/me/tokens`);
    const { items } = (await asked.json()) as { items: { name: string; revokedAt?: string }[] };
    expect(items.find(({ name }) => name === 'nightly refresh')?.revokedAt).toBeUndefined();
    await dialog.getByRole('button', { name: 'Revoke' }).click();
    await row.getByText(/^revoked/).waitFor();
  });

  test('whoever is not signed in any more is led back in, and to where they were', async () => {
    await go('/data/exports');
    await page.getByRole('heading', { name: 'Exports' }).waitFor();
    await page.context().clearCookies();
    await page.getByRole('link', { name: 'Segments' }).click();
    await page.getByRole('alert').getByText('You are not signed in any more').waitFor();
    await page.getByRole('link', { name: 'Sign in' }).click();
    await page.locator('input[type=email]').fill(owner.email);
    await page.locator('input[type=password]').fill(owner.password);
    await page.locator('button[type=submit]').click();
    await page.getByRole('link', { name: 'Romanian customers' }).waitFor();
    expect(new URL(page.url()).pathname).toBe('/segments');
  });

  test('nothing of all this was an error of the page', () => {
    expect(troubles).toEqual([]);
  });
});
