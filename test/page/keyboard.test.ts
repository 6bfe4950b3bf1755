import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apiKey, audience } from '../support/newsletter-workspace.ts';
import { hasBrowser, openBrowser, openPage } from './browser.ts';
import { owner, PageServer, workspace } from './page-server.ts';

/** So many keys at most between two things that somebody wants. */
const mostTabs = 80;

/** The main journey with nothing but keys: from signing in to people in an audience. No mouse, no focus by script. */
describe.skipIf(!hasBrowser)('with the keyboard alone', { timeout: 120_000 }, () => {
  let server: PageServer;
  let browser: Browser;
  let page: Page;
  let troubles: string[];

  beforeAll(async () => {
    server = await PageServer.open(workspace);
    browser = await openBrowser();
    ({ page, troubles } = await openPage(browser));
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  /** What has the focus: its role as the browser sees it, and its name. */
  const focused = () =>
    page.evaluate<{ name: string; visible: boolean }>(`(() => {
      const at = document.activeElement;
      const labels = [...(at.labels ?? [])].map((label) => label.textContent);
      const by = (at.getAttribute('aria-labelledby') ?? '').split(' ').map((id) => document.getElementById(id)?.textContent ?? '');
      const name = at.getAttribute('aria-label') ?? ([...labels, ...by].join(' ').trim() || at.textContent || '');
      const box = at.getBoundingClientRect();
      return { name: name.replace(/\\s+/g, ' ').trim(), visible: box.width > 0 && box.height > 0 };
    })()`);

  /** Goes on with Tab until something of this name has the focus. */
  async function tabTo(name: RegExp, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
    const passed: string[] = [];
    for (let tabs = 0; tabs < mostTabs; tabs++) {
      await page.keyboard.press(key);
      const at = await focused();
      passed.push(at.name);
      if (name.test(at.name)) {
        // Whoever goes by the keyboard sees where they are.
        expect(at.visible, at.name).toBe(true);
        return;
      }
    }
    throw new Error(`no ${String(name)} among: ${passed.join(' | ')}`);
  }
  const press = async (name: RegExp, key = 'Enter') => {
    await tabTo(name);
    await page.keyboard.press(key);
  };
  const fill = async (name: RegExp, text: string) => {
    await tabTo(name);
    await page.keyboard.type(text);
  };
  const heading = (name: RegExp | string) => page.getByRole('heading', { name }).first().waitFor();

  test('signs in', async () => {
    await page.goto(`${server.address}/sign-in`);
    await page.locator('input[type=email]').waitFor();
    await fill(/E-mail address/, owner.email);
    await fill(/^Password/, owner.password);
    await page.keyboard.press('Enter');
    await heading('Home');
    // The first thing on each page leads past the menu.
    await tabTo(/Skip|Menu/i);
    expect(troubles).toEqual([]);
  });

  test('makes a connection', async () => {
    await press(/^Connections$/);
    await heading('Connections');
    await press(/^Add connection/);
    await heading('Data privacy and compliance');
    await fill(/Display name/, 'Newsletter account');
    await press(/^I agree/, 'Space');
    // Of several choices one is reached, and the arrows go between them.
    await tabTo(/Sign in with Mailchimp|OAuth|API key/i);
    await page.keyboard.press('ArrowDown');
    await fill(/^API key/, apiKey);
    await press(/^Add yourself as export user/, 'Space');
    await press(/^Save$/);
    await page.getByRole('row', { name: /Newsletter account/ }).waitFor();
    expect(await server.app.connections()).toMatchObject([
      { name: 'Newsletter account', exportUser: owner.email },
    ]);
  });

  test('adds a destination', async () => {
    await tabTo(/^Exports$/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await heading('Exports');
    await press(/^Add destination/);
    await heading('Data matching');
    await fill(/Display name/, 'Newsletter');
    await fill(/Mailchimp audience ID/, audience);
    await page.getByText('✓ Shop').waitFor();
    await page.keyboard.press('Escape');
    await press(/^Add attribute/);
    await press(/^Add attribute/);
    // Whoever chooses another field stays in its row.
    await tabTo(/^Mailchimp field/, 'Shift+Tab');
    for (const field of ['PHONE', 'LNAME']) {
      await page.keyboard.press('ControlOrMeta+A');
      await page.keyboard.type(field);
      await page.keyboard.press('ArrowDown');
      await page.keyboard.press('Enter');
    }
    await page.keyboard.press('Tab');
    expect((await focused()).name).toMatch(/^Filled from/);
    await tabTo(/^Segments to export/);
    await page.keyboard.type('Romanian');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.getByText('100 people in all').waitFor();
    await press(/^Save$/);
    await page.getByText('Not run yet').first().waitFor();
    expect(await server.app.exports()).toMatchObject([{ audience, segments: ['romania'] }]);
  });

  test('reads the plan and runs it', async () => {
    await press(/^Make a plan/);
    await page.getByRole('button', { name: 'Run this plan' }).waitFor();
    await tabTo(/^New \(/);
    await tabTo(/^Run this plan/, 'Shift+Tab');
    await page.keyboard.press('Enter');
    await page.getByText('Successful').first().waitFor();
    expect(server.sandbox.control.audienceState({ audience, count: 200 }).members.length).toBeGreaterThan(90);
    expect(troubles).toEqual([]);
  });
});
