import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../engine/engine.ts';
import { loadFixtures } from './source-tables.fixture.ts';
import { unify } from './unify.ts';
import { unifyConfig } from './unify-config.ts';

const config = unifyConfig.parse({
  sources: [
    { source: 'crm', attributes: { email: 'mail' }, deduplicate: [{ fields: { email: 'exact' } }] },
    { source: 'shop', attributes: { email: 'mail' } },
  ],
  match: [{ fields: { email: 'exact' } }],
});

/** Two small refreshes that differ in who is who. */
export async function refreshWorld(engine: Engine, day: 0 | 1): Promise<void> {
  const columns = { mail: 'text' } as const;
  const loads = await loadFixtures(engine, [
    {
      id: 'crm',
      columns,
      rows: [
        { key: 'c1', mail: 'a@x.ro' },
        { key: 'c2', mail: day === 0 ? 'b@x.ro' : 'a@x.ro' },
      ],
    },
    {
      id: 'shop',
      columns,
      rows: [
        { key: 's1', mail: 'a@x.ro' },
        { key: day === 0 ? 's2' : 's3', mail: 'c@x.ro' },
      ],
    },
  ]);
  await unify(engine, config, loads, { now: new Date(Date.UTC(2026, 10, 24 + day)) });
}

/** The engine, with something else in place of its n-th commit, counted from 1; loading takes the first two. */
export function interruptedWorld(engine: Engine, n: number, instead: () => never): Engine {
  let commits = 0;
  return {
    dialect: engine.dialect,
    rows: (query) => engine.rows(query),
    pages: (query) => engine.pages(query),
    inSmallSteps: (work) => engine.inSmallSteps(work),
    get tablesVersion() {
      return engine.tablesVersion;
    },
    copyTo: (...args) => engine.copyTo(...args),
    checkpoint: () => engine.checkpoint(),
    close: () => engine.close(),
    async commit(changes) {
      commits += 1;
      if (commits === n + 2) instead();
      await engine.commit(changes);
    },
  };
}

// As a program: refreshes the file named first and dies at the commit named second.
if (import.meta.main) {
  const [path = '', n = ''] = process.argv.slice(2);
  const engine = await openDuckdb({ path });
  const die = (): never => {
    process.kill(process.pid, 'SIGKILL');
    throw new Error('killed');
  };
  await refreshWorld(interruptedWorld(engine, Number(n), die), 1);
}
