import { Pool } from 'undici';
import type { Benchmark } from './benchmark.ts';
import { startServer, type ServeProcess } from './serve-process.ts';

const clients = 200;
const seconds = 30;

/** What pages ask for, more of what they ask for often. */
function questions(run: string): { method: 'GET' | 'POST'; path: string; body?: string }[] {
  const get = (path: string) => ({ method: 'GET' as const, path: `/api/v1${path}` });
  const rules = { combinator: 'and', rules: [{ field: 'buyer', operator: '=', value: true }] };
  return [
    get('/exports'),
    get('/exports'),
    get('/segments'),
    get('/segments'),
    get('/tasks'),
    get('/runs'),
    get(`/runs/${run}`),
    get(`/runs/${run}/people?limit=50&action=add`),
    get('/segments/buyers/members?limit=50'),
    get('/schedule/ahead'),
    get('/exports/whole'),
    {
      method: 'POST',
      path: '/api/v1/exports/size',
      body: JSON.stringify({ match: { email: 'email' }, segments: ['buyers'] }),
    },
    { method: 'POST', path: '/api/v1/segments/look-ahead', body: JSON.stringify({ rules }) },
  ];
}

/** So many people at the page at once, each asking for the next thing as soon as the last one is there. */
export const server: Benchmark = {
  name: 'server',
  async run(line) {
    const { document } = await line.firstRun();
    const started = await startServer(await line.place());
    line.say(`${clients} clients for ${seconds} s`);
    try {
      const { times, failures } = await askAll(started, document.run);
      const at = (share: number) => times[Math.floor((times.length - 1) * share)] ?? 0;
      const rate = Math.round(times.length / seconds);
      return [
        {
          work: `server, ${clients} clients at once`,
          figure: `${rate} requests a second, half within ${at(0.5).toFixed(0)} ms; failures: ${failures}`,
          value: failures > 0 ? Number.POSITIVE_INFINITY : at(0.99) / 1000,
          target: { better: 'less', bar: 10, goal: 2, show: (value) => `p99 ${value.toFixed(2)} s` },
        },
      ];
    } finally {
      await started.stop();
    }
  },
};

async function askAll(
  { origin, token }: ServeProcess,
  run: string,
): Promise<{ times: number[]; failures: number }> {
  const pool = new Pool(origin, { connections: clients });
  const asked = questions(run);
  const times: number[] = [];
  let failures = 0;
  const until = performance.now() + seconds * 1000;
  const client = async (first: number): Promise<void> => {
    for (let n = first; performance.now() < until; n += 1) {
      const { method, path, body } = asked[n % asked.length] ?? { method: 'GET', path: '/' };
      const began = performance.now();
      const answer = await pool.request({
        method,
        path,
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { body }),
      });
      await answer.body.dump();
      times.push(performance.now() - began);
      if (answer.statusCode >= 300) failures += 1;
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, n) => client(n)));
  await pool.close();
  return { times: times.toSorted((one, other) => one - other), failures };
}
