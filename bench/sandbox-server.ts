import { startSandbox } from '../src/sandbox/sandbox.ts';

// The other end of `sandbox-process.ts`: a thread of its own, so that a client is not slowed by its server.
const sandbox = await startSandbox();
process.on('disconnect', () => process.exit(0));
process.send?.({ url: sandbox.url, apiRoot: sandbox.apiRoot, apiKey: sandbox.apiKey });
