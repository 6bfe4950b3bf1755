import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSampleShop } from '../sample/shop.ts';
import { writeSampleWorkspace } from '../sample/workspace.ts';
import type { SegmentId } from '../src/base/ids.ts';
import { openDuckdb } from '../src/engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { sql } from '../src/engine/sql.ts';
import { readProfileShape } from '../src/profiles/profile-shape.ts';
import { buildCatalogue } from '../src/segments/catalogue.ts';
import { checkSegments } from '../src/segments/check-segments.ts';
import { compileRules } from '../src/segments/compile-rules.ts';
import { loadedSources } from '../src/sources/loaded-source.ts';
import { parseWorkspace } from '../src/workspace/parse-workspace.ts';
import { perMillion, secondsPerMillion, type Benchmark } from './benchmark.ts';
import { postrider } from './postrider-process.ts';

/**
 * How long the slowest of the sample's segments takes to count, asked as an editor does that changes a rule: the
 * same SQL that a refresh uses, over people and their orders, five order lines to a person.
 */
export const segmentCount: Benchmark = {
  name: 'segment-count',
  async run(line) {
    line.say('reading a shop with orders');
    const folder = await line.folder('shop');
    const shop = await writeSampleShop({
      folder,
      people: line.people,
      now: new Date(),
      ordersPerCustomer: 5,
    });
    const workspace = await writeSampleWorkspace(folder);
    const place = { data: join(folder, 'data'), env: { MAILCHIMP_API_KEY: 'unused-us1' } };
    await postrider(['apply', workspace], place);
    await postrider(['refresh', '--until', 'unify'], place);

    line.say('counting segments');
    const engine = await openDuckdb({ path: join(place.data, 'people.duckdb') });
    try {
      const counted = await countAll(engine, await readFile(workspace, 'utf8'));
      const slowest = counted.toSorted((a, b) => b.seconds - a.seconds)[0];
      if (slowest === undefined) return [];
      const { people, records } = shop.truth;
      return [
        {
          work: 'segment count while editing',
          figure: `"${slowest.id}" in ${(slowest.seconds * 1000).toFixed(0)} ms over ${people.toLocaleString('en-US')} people and ${records.orders.toLocaleString('en-US')} order lines`,
          value: perMillion(slowest.seconds, people),
          target: secondsPerMillion(1, 0.2),
        },
      ];
    } finally {
      await engine.close();
    }
  },
};

async function countAll(engine: Engine, workspaceText: string): Promise<{ id: string; seconds: number }[]> {
  const workspace = parseWorkspace(workspaceText, 'workspace.yaml', { MAILCHIMP_API_KEY: 'unused-us1' });
  const segments = new Map(
    Object.entries(workspace.segments).map(([id, config]) => [id as SegmentId, config]),
  );
  const catalogue = buildCatalogue({
    profile: await readProfileShape(engine),
    sources: await loadedSources(engine),
    unified: workspace.unify?.sources.map(({ source }) => source) ?? [],
    relationships: new Map(Object.entries(workspace.relationships)),
    segments,
  });
  const today = new Date().toISOString().slice(0, 10);
  const counted: { id: string; seconds: number }[] = [];
  for (const { id, rules } of checkSegments(segments, catalogue)) {
    const members = compileRules(rules, { dialect: engine.dialect, today, timeZone: 'Europe/Bucharest' });
    const count = () => engine.rows(sql`SELECT count(*) AS people FROM (${members}) AS member`);
    // The first one brings the columns in from the file, as opening the editor does.
    await count();
    const began = performance.now();
    for (let round = 0; round < rounds; round += 1) await count();
    counted.push({ id, seconds: (performance.now() - began) / 1000 / rounds });
  }
  return counted;
}

const rounds = 5;
