import { join } from 'node:path';
import { openDuckdb } from '../src/engine/duckdb/duckdb-engine.ts';
import { sql } from '../src/engine/sql.ts';
import { perMillion, secondsPerMillion, type Benchmark } from './benchmark.ts';
import type { Line } from './line.ts';
import { postrider } from './postrider-process.ts';
import { writeUnifyPeople } from './unify-people.ts';

/**
 * Three lists with one and a half rows to a person, matched by exact and similar values; at a tenth of the people too,
 * so that one sees whether the time grows with them or faster.
 */
export const unify: Benchmark = {
  name: 'unify',
  async run(line) {
    const tenth = await unified(line, Math.round(line.people / 10));
    const whole = await unified(line, line.people);
    return [
      {
        work: 'unify 3 sources',
        figure: `${whole.unifying.toFixed(1)} s for ${whole.rows.toLocaleString('en-US')} rows; reading the files before it ${whole.reading.toFixed(1)} s. ${whole.quality}`,
        value: perMillion(whole.unifying, line.people),
        target: secondsPerMillion(120, 45),
      },
      {
        work: 'unify, growth of the cost',
        figure: `a tenth of the people: ${tenth.unifying.toFixed(1)} s`,
        value: whole.unifying / (10 * tenth.unifying),
        target: { better: 'less', bar: 1.5, goal: 1, show: (ratio) => `${ratio.toFixed(2)} × linear` },
      },
      {
        work: 'unify, peak memory',
        figure: `a tenth of the people: ${tenth.megabytes.toFixed(0)} MB`,
        value: whole.megabytes,
        target: { better: 'less', bar: 1500, goal: 700, show: (megabytes) => `${megabytes.toFixed(0)} MB` },
      },
    ];
  },
};

interface Unified {
  rows: number;
  /** Seconds; without the reading. */
  unifying: number;
  reading: number;
  megabytes: number;
  quality: string;
}

async function unified(line: Line, people: number): Promise<Unified> {
  line.say(`writing, reading and unifying ${people.toLocaleString('en-US')} people`);
  const folder = await line.folder(`unify-${people}`);
  const place = { data: join(folder, 'data'), env: {} };
  await postrider(['apply', await writeUnifyPeople({ folder, people })], place);
  const { seconds: reading } = await postrider(['refresh', '--until', 'sources'], place);
  const { seconds: all, used } = await postrider(['refresh', '--until', 'unify'], place);
  const found = await foundPairs(join(place.data, 'people.duckdb'));
  const precision = found.right / Math.max(found.joined, 1);
  const recall = found.right / Math.max(found.pairs, 1);
  return {
    rows: found.rows,
    unifying: all - reading,
    reading,
    megabytes: (used?.peakBytes ?? Number.NaN) / 1e6,
    quality: `P ${precision.toFixed(4)}, R ${recall.toFixed(4)} of ${found.pairs.toLocaleString('en-US')} pairs`,
  };
}

interface FoundPairs {
  rows: number;
  pairs: number;
  joined: number;
  right: number;
}

/** Pairs of records that are one person, that were made one person, and both. */
async function foundPairs(path: string): Promise<FoundPairs> {
  const engine = await openDuckdb({ path });
  try {
    const [found] = await engine.rows<FoundPairs & Record<string, number>>(sql`
      WITH record AS (SELECT customer_id, split_part(key, '-', 2) AS person FROM unify.record)
      SELECT (SELECT count(*) FROM record) AS "rows",
        (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM record GROUP BY person)) AS pairs,
        (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM record GROUP BY customer_id)) AS joined,
        (SELECT sum(n * (n - 1) / 2) FROM (SELECT count(*) AS n FROM record GROUP BY customer_id, person)) AS "right"`);
    if (found === undefined) throw new Error('nobody was unified');
    return found;
  } finally {
    await engine.close();
  }
}
