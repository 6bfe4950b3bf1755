import chromium from '@sparticuz/chromium';
import { chromium as driver, type Browser, type BrowserContext, type Page } from 'playwright-core';

/** A browser that came with npm: there is one for Linux on x64. */
export const hasBrowser = process.platform === 'linux' && process.arch === 'x64';

// Its own arguments put everything into one process, which ends when a window is closed.
const args = ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'];

export async function openBrowser(): Promise<Browser> {
  return driver.launch({
    executablePath: await chromium.executablePath(),
    args,
    headless: true,
  });
}

export interface Look {
  language: 'en' | 'ro';
  colorScheme: 'light' | 'dark';
  width: number;
}

/** A page as somebody with these settings sees it; what goes wrong in it is in `troubles`. */
export async function openPage(
  browser: Browser,
  { language = 'en', colorScheme = 'light', width = 1280 }: Partial<Look> = {},
): Promise<{ page: Page; context: BrowserContext; troubles: string[]; asked: URL[] }> {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme,
    locale: language === 'ro' ? 'ro-RO' : 'en-GB',
    timezoneId: 'Europe/Bucharest',
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const troubles: string[] = [];
  const asked: URL[] = [];
  page.on('request', (request) => void asked.push(new URL(request.url())));
  page.on('pageerror', (error) => void troubles.push(error.message));
  page.on('console', (message) => {
    // What the server refuses is told by the browser as well, and is part of what is tried.
    const refused = /Failed to load resource/.test(message.text());
    if (message.type() === 'error' && !refused) troubles.push(message.text());
  });
  return { page, context, troubles, asked };
}
