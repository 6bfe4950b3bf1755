import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { remoteControl, type RemoteControl } from '../src/sandbox/control.ts';

/** A sandbox Mailchimp in a process of its own. */
export interface SandboxProcess {
  apiRoot: string;
  apiKey: string;
  control: RemoteControl;
  stop(): void;
}

export async function startSandboxProcess(): Promise<SandboxProcess> {
  const child = fork(fileURLToPath(new URL('sandbox-server.ts', import.meta.url)));
  const [started] = (await once(child, 'message')) as [{ url: string; apiRoot: string; apiKey: string }];
  return {
    apiRoot: started.apiRoot,
    apiKey: started.apiKey,
    control: remoteControl(started.url),
    stop: () => child.disconnect(),
  };
}
