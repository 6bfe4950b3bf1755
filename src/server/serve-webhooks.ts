import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { App } from '../app.ts';
import { PostriderError } from '../base/errors.ts';
import { webhookListener } from './webhook-listener.ts';

/** Mailchimp gives a call ten seconds (FACTS §7); who needs more to send one is not Mailchimp. */
const patienceMs = 10_000;

export interface WebhookServer {
  port: number;
  /** Takes no new calls, lets those that came be answered. */
  close(): Promise<void>;
}

/**
 * A server for Mailchimp's calls and nothing else.
 * @param at port 0: a free one
 * @throws `configuration` / `port_taken`
 */
export async function serveWebhooks(
  app: Pick<App, 'takeInWebhook'>,
  { port, host }: { port: number; host: string },
): Promise<WebhookServer> {
  const listener = webhookListener(app);
  const server = createServer(
    { requestTimeout: patienceMs, headersTimeout: patienceMs },
    (request, response) => {
      void listener(request, response);
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new PostriderError({
          kind: 'configuration',
          code: 'port_taken',
          message: `Port ${port} cannot be listened on.`,
          hint: 'Choose another with --port, and let the proxy call that one.',
          cause,
        }),
      ),
    );
    server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
    },
  };
}
