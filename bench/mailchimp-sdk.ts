import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { SandboxProcess } from './sandbox-process.ts';

/** The part of Mailchimp's own client that its documentation's example uses; it comes without types. */
export interface MailchimpSdk {
  setConfig(config: { apiKey: string; server: string }): void;
  lists: {
    batchListMembers(
      audience: string,
      batch: { members: readonly unknown[]; update_existing: boolean },
    ): Promise<unknown>;
  };
}

const sdkName = '@mailchimp/mailchimp_marketing';
const folder = fileURLToPath(new URL('.', import.meta.url));

/** The SDK, set to a sandbox; installed from `bench/package-lock.json` when it is missing. */
export async function mailchimpSdk({ apiRoot, apiKey }: SandboxProcess): Promise<MailchimpSdk> {
  if (!existsSync(`${folder}node_modules/${sdkName}`)) await install();
  const sdk = createRequire(import.meta.url)(sdkName) as MailchimpSdk;
  sdk.setConfig({ apiKey, server: 'us1' });
  // At each call it makes an address of the data centre's name and writes it here.
  Object.defineProperty(sdk, 'basePath', { value: apiRoot, writable: false, configurable: true });
  return sdk;
}

async function install(): Promise<void> {
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error', '--prefix', folder], {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  const [code] = (await once(npm, 'exit')) as [number | null];
  if (code !== 0) throw new Error(`npm ci --prefix bench ended with ${code}`);
}
