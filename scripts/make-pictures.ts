/** Makes the pictures of the README and of docs/web-page.md from the demo: npm run pictures. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openBrowser, openPage } from '../test/page/browser.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const demo = spawn(process.execPath, ['src/cli/main.ts', 'demo', '--people', '20000'], {
  cwd: root,
  env: { ...process.env, POSTRIDER_PORT: '0' },
  stdio: ['ignore', 'pipe', 'inherit'],
});
// From the start on: whoever waits for the end of one that has ended already waits for ever.
const ended = once(demo, 'exit');
let browser: Awaited<ReturnType<typeof openBrowser>> | undefined;
try {
  const [, address = '', email = '', password = ''] = await lineOf(
    demo.stdout,
    /(http:\/\/\S+) – sign in as (\S+) with the password (\S+)/,
  );
  browser = await openBrowser();
  const { page } = await openPage(browser, { width: 1280 });
  await page.goto(`${address}/sign-in`);
  await page.locator('input[type=email]').fill(email);
  await page.locator('input[type=password]').fill(password);
  await page.locator('button[type=submit]').click();
  await page.locator('nav').waitFor();

  const picture = async (name: string, height = 800) => {
    await page.waitForLoadState('networkidle');
    await page.setViewportSize({ width: 1280, height });
    // Recharts and the pointer's marks settle.
    await page.mouse.move(0, 0);
    await page.evaluate('window.scrollTo(0, 0)');
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${root}docs/pictures/${name}.png` });
  };
  await page.goto(`${address}/`);
  await picture('home', 620);
  await page.goto(`${address}/data/exports/newsletter`);
  await page.locator('tbody tr').last().locator('a').click();
  await page.getByRole('tab', { name: /Changed/ }).click();
  await picture('plan', 1250);
  await page.goto(`${address}/data/exports/new`);
  await page.getByRole('combobox', { name: 'Mailchimp audience ID' }).fill('abc123def4');
  await page.getByText('✓ Sample shop').waitFor();
  await page.getByRole('button', { name: 'Add attribute' }).click();
  await picture('add-destination', 1100);
  await page.goto(`${address}/segments/bucharest/edit`);
  await picture('segment', 900);
  await page.goto(`${address}/data/unify`);
  await page.getByRole('tab', { name: /Match/ }).click();
  await page.getByText('Tried on the records').waitFor();
  await picture('unify', 900);
} finally {
  await browser?.close();
  demo.kill('SIGINT');
  await ended;
}

/** The first line that fits. */
async function lineOf(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<RegExpExecArray> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    const found = pattern.exec(text);
    if (found !== null) return found;
  }
  throw new Error('the demo did not say where its page is');
}
