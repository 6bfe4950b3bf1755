import chromium from '@sparticuz/chromium';
import { hasBrowser } from './browser.ts';

/** Once and before any test: two that unpack it at the same time break each other's file (`spawn ETXTBSY`). */
export default async function unpackBrowser(): Promise<void> {
  if (hasBrowser) await chromium.executablePath();
}
