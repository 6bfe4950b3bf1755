import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeSampleShop } from '../sample/shop.ts';
import { writeSampleWorkspace } from '../sample/workspace.ts';
import type { SegmentId } from '../src/base/ids.ts';
import { openDuckdb } from '../src/engine/duckdb/duckdb-engine.ts';
import type { Engine } from '../src/engine/engine.ts';
import { readProfileShape } from '../src/profiles/profile-shape.ts';
import { buildCatalogue, type Catalogue } from '../src/segments/catalogue.ts';
import type { SegmentConfig } from '../src/segments/segment-config.ts';
import { loadedSources } from '../src/sources/loaded-source.ts';
import { parseWorkspace } from '../src/workspace/parse-workspace.ts';
import type { Line } from './line.ts';
import { postrider } from './postrider-process.ts';

/** The sample shop with five order lines to a person, unified, as a benchmark of segments finds it. */
export interface OrderShop {
  engine: Engine;
  /** Of these segments; the sample's own when absent. */
  catalogue(segments?: ReadonlyMap<SegmentId, SegmentConfig>): Promise<Catalogue>;
  segments: ReadonlyMap<SegmentId, SegmentConfig>;
  people: number;
  orderLines: number;
}

interface Written {
  data: string;
  workspace: string;
  people: number;
  orderLines: number;
}
const written = new WeakMap<Line, Promise<Written>>();

/** Does work with the shop, which is made once for all benchmarks. */
export async function withOrderShop<T>(line: Line, work: (shop: OrderShop) => Promise<T>): Promise<T> {
  const making = written.get(line) ?? writeShop(line);
  written.set(line, making);
  const { data, workspace: file, people, orderLines } = await making;
  const workspace = parseWorkspace(await readFile(file, 'utf8'), 'workspace.yaml', env);
  const own = new Map(Object.entries(workspace.segments).map(([id, config]) => [id as SegmentId, config]));
  const engine = await openDuckdb({ path: join(data, 'people.duckdb') });
  try {
    return await work({
      engine,
      segments: own,
      people,
      orderLines,
      catalogue: async (segments = own) =>
        buildCatalogue({
          profile: await readProfileShape(engine),
          sources: await loadedSources(engine),
          unified: workspace.unify?.sources.map(({ source }) => source) ?? [],
          relationships: new Map(Object.entries(workspace.relationships)),
          segments,
        }),
    });
  } finally {
    await engine.close();
  }
}

const env = { MAILCHIMP_API_KEY: 'unused-us1' };

async function writeShop(line: Line): Promise<Written> {
  line.say('reading a shop with orders');
  const folder = await line.folder('shop');
  const { truth } = await writeSampleShop({
    folder,
    people: line.people,
    now: new Date(),
    ordersPerCustomer: 5,
  });
  const workspace = await writeSampleWorkspace(folder);
  const place = { data: join(folder, 'data'), env };
  await postrider(['apply', workspace], place);
  await postrider(['refresh', '--until', 'unify'], place);
  return { data: place.data, workspace, people: truth.people, orderLines: truth.records.orders };
}
