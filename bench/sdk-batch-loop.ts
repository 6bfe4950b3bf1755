import { Agent, request } from 'node:http';
import { text } from 'node:stream/consumers';
import type { SandboxProcess } from './sandbox-process.ts';

/**
 * What the example in the documentation of `@mailchimp/mailchimp_marketing` leads to, done with `node:http`, since
 * that package is none of our dependencies: batches of 500 one after the other, a new connection for each, as it uses
 * superagent without an agent, the whole member asked for in return, and `errors` never read.
 * @returns seconds
 */
export async function sdkBatchLoop(
  { apiRoot, apiKey }: SandboxProcess,
  audience: string,
  people: number,
): Promise<number> {
  const began = performance.now();
  for (let from = 0; from < people; from += 500) {
    const members = Array.from({ length: Math.min(500, people - from) }, (_, index) => ({
      email_address: `person.${from + index}@loop.test`,
      status: 'subscribed',
      merge_fields: { FNAME: 'Ana', LNAME: `Name${from + index}`, CITY: 'Iași' },
      tags: ['Everyone'],
    }));
    await post(`${apiRoot}/lists/${audience}`, apiKey, { members, update_existing: true });
  }
  return (performance.now() - began) / 1000;
}

async function post(url: string, apiKey: string, body: unknown): Promise<unknown> {
  const sent = JSON.stringify(body);
  const answer = await new Promise<string>((resolve, reject) => {
    const call = request(
      url,
      {
        method: 'POST',
        agent: new Agent({ keepAlive: false }),
        headers: {
          authorization: `Basic ${Buffer.from(`user:${apiKey}`).toString('base64')}`,
          'content-type': 'application/json',
          'content-length': Buffer.byteLength(sent),
        },
      },
      (response) => {
        text(response).then(resolve, reject);
      },
    );
    call.once('error', reject);
    call.end(sent);
  });
  return JSON.parse(answer);
}
