import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { AxeBuilder } from '@axe-core/playwright';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hasBrowser, openBrowser, openPage } from './browser.ts';
import { connectionAndExport, PageServer, workspace } from './page-server.ts';

const dist = fileURLToPath(new URL('../../web/dist', import.meta.url));

/** Of script that a first look at the page costs, in bytes as they travel. */
const budget = 250_000;

describe.skipIf(!hasBrowser)('every page', () => {
  let server: PageServer;
  let browser: Browser;
  let run: string;
  let person: string;

  beforeAll(async () => {
    server = await PageServer.open(workspace + connectionAndExport);
    browser = await openBrowser();
    run = (await server.app.plan('newsletter')).run;
    const [first] = (await server.app.customers({ limit: 1 })).items;
    person = String(first?.customer_id);
  });
  afterAll(async () => {
    await browser.close();
    await server.close();
  });

  const pages = () => [
    '/',
    '/data/sources',
    '/data/exports',
    '/data/exports/new',
    '/data/exports/newsletter',
    '/data/exports/newsletter/edit',
    `/data/runs/${run}`,
    '/segments',
    '/segments/new',
    '/segments/romania',
    '/segments/romania/edit',
    '/data/unify',
    '/data/customers',
    `/data/customers/${person}`,
    '/admin/connections',
    '/admin/connections/new',
    '/admin/connections/account',
    '/admin/system',
    '/admin/users',
    '/admin/tokens',
    '/admin/audit',
    '/no/such/page',
  ];

  const settled = async (page: Page) => {
    await page.waitForLoadState('networkidle');
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  };

  test.each([
    { language: 'en', colorScheme: 'light' },
    { language: 'ro', colorScheme: 'dark' },
  ] as const)(
    'can be used by everybody, moves nothing as it loads, and asks nobody else: $language, $colorScheme',
    { timeout: 180_000 },
    async (look) => {
      const { page, context, troubles, asked } = await openPage(browser, look);
      await server.speak(look.language);
      await page.goto(`${server.address}/sign-in`);
      await settled(page);
      const problems = [...(await problemsOf(page, '/sign-in'))];
      await server.signIn(page);
      for (const path of pages()) {
        await page.goto(server.address + path);
        await settled(page);
        problems.push(...(await problemsOf(page, path)));
      }
      expect(problems).toEqual([]);
      expect(troubles).toEqual([]);
      expect(
        asked.filter(({ origin, protocol }) => protocol !== 'data:' && origin !== server.address),
      ).toEqual([]);
      await context.close();
    },
  );

  test('fits a telephone: nothing is wider than the screen', { timeout: 120_000 }, async () => {
    const { page, context } = await openPage(browser, { width: 360 });
    await server.signIn(page);
    const wide: string[] = [];
    for (const path of pages()) {
      await page.goto(server.address + path);
      await settled(page);
      const width = await page.evaluate<number>('document.documentElement.scrollWidth');
      if (width > 360) wide.push(`${path}: ${width}`);
    }
    expect(wide).toEqual([]);
    await context.close();
  });

  test('a list of a hundred thousand is drawn a window at a time, and is there to its end', async () => {
    const { page, context } = await openPage(browser);
    await server.speak('en');
    await server.signIn(page);
    // The page as it is, and behind it a server that has so many.
    const rows = 100_000;
    await page.route('**/api/v1/users?**', (route) =>
      route.fulfill({ json: { items: Array.from({ length: rows }, (_, n) => userOf(n)) } }),
    );
    await page.goto(`${server.address}/admin/users`);
    await page.getByText('person 0@', { exact: false }).first().waitFor();
    const drawn = () => page.locator('tbody tr').count();
    const scrollTo = (place: string) =>
      page.evaluate(`{ const list = document.querySelector('[role=region]'); list.scrollTop = ${place}; }`);
    expect(await drawn()).toBeLessThan(100);
    await scrollTo('list.scrollHeight');
    await page
      .getByText(`person ${rows - 1}@`, { exact: false })
      .first()
      .waitFor();
    expect(await drawn()).toBeLessThan(100);
    await page.getByRole('button', { name: 'User' }).click();
    await scrollTo('0');
    await page.getByText('person 0@', { exact: false }).first().waitFor();
    await context.close();
  });

  test('a plan on paper has its people, and nothing that can only be pressed', async () => {
    const { page, context } = await openPage(browser);
    await server.speak('en');
    await server.signIn(page);
    await page.goto(`${server.address}/data/runs/${run}`);
    await settled(page);
    await page.emulateMedia({ media: 'print' });
    expect(await page.getByRole('button', { name: 'Run this plan' }).isVisible()).toBe(false);
    expect(await page.getByRole('button', { name: 'Show more' }).isVisible()).toBe(false);
    expect(await page.locator('nav').isVisible()).toBe(false);
    // Of those that were not asked for the paper says that they are there.
    expect(await page.getByText('100 shown, and there are more').isVisible()).toBe(true);
    await page.getByRole('heading', { name: /^Plan/ }).waitFor();
    // Every row of the page of people that was loaded, not only those that fit the window.
    expect(await page.locator('tbody tr').count()).toBeGreaterThanOrEqual(100);
    const paper = await page.pdf({ format: 'A4' });
    expect(paper.length).toBeGreaterThan(10_000);
    await context.close();
  });

  test('the first look, and the home page, cost less than 250 kB of script', async () => {
    const { page, context, asked } = await openPage(browser);
    await server.speak('en');
    await server.signIn(page);
    await settled(page);
    const scripts = new Set(asked.map(({ pathname }) => pathname).filter((path) => path.endsWith('.js')));
    expect(scripts.size).toBeGreaterThan(2);
    const bytes = [...scripts].reduce(
      (sum, path) => sum + gzipSync(readFileSync(join(dist, path))).length,
      0,
    );
    expect(bytes).toBeLessThan(budget);
    await context.close();
  });
});

/** What axe finds, and what moved by itself while the page came together. */
async function problemsOf(page: Page, path: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'])
    .analyze();
  const found = violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${path} ${id} ${target.join(' ')}: ${failureSummary ?? ''}`),
  );
  const shift = await page.evaluate<number>(sumOfShifts);
  // What the browser makers call good.
  return shift > 0.1 ? [...found, `${path} moved by ${shift.toFixed(2)}`] : found;
}

/** As text: it is run in the page, whose words are not those of this machine. */
const sumOfShifts = `new Promise((resolve) => {
  let sum = 0;
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) sum += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
  setTimeout(() => resolve(sum), 50);
})`;

function userOf(n: number) {
  const at = '2026-11-30T06:00:00.000Z';
  const email = `person ${n}@shop.test`;
  return {
    id: `id${n}`,
    email,
    name: '',
    role: 'viewer',
    extra: [],
    language: 'en',
    hasPassword: true,
    createdAt: at,
    updatedAt: at,
    etag: '"1"',
  };
}
