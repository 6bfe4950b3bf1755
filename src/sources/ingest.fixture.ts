import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SourceId } from '../base/ids.ts';
import { openDuckdb } from '../engine/duckdb/duckdb-engine.ts';
import type { Cell, Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { tableRef } from '../engine/table.ts';
import { ingestSource } from './ingest.ts';
import type { IngestedSource, IngestPlace } from './ingest-place.ts';
import { loadedSources, rejectTable, sourceTable } from './loaded-source.ts';
import { sourceConfig } from './source-config.ts';

/** For tests: an engine in memory, a folder for files, and the way from one to the other. */
export class SourceBench {
  readonly engine: Engine;
  readonly folder = mkdtempSync(join(tmpdir(), 'postrider-sources-'));
  readonly id = 'crm' as SourceId;
  /** What addresses of databases refer to. */
  readonly env: Record<string, string> = {};

  private constructor(engine: Engine) {
    this.engine = engine;
  }

  static async open(): Promise<SourceBench> {
    return new SourceBench(await openDuckdb({ path: ':memory:' }));
  }

  async close(): Promise<void> {
    await this.engine.close();
    rmSync(this.folder, { recursive: true });
  }

  write(file: string, content: string | Uint8Array): void {
    writeFileSync(join(this.folder, file), content);
  }

  ingest(
    config: unknown,
    folder = this.folder,
    more: Pick<IngestPlace, 'keptOut' | 'signal'> = {},
  ): Promise<IngestedSource> {
    return ingestSource(this.engine, this.id, sourceConfig.parse(config), {
      folder,
      now: new Date('2026-11-24T06:00:00Z'),
      env: this.env,
      ...more,
    });
  }

  /** Writes `content` to crm.csv and loads it. */
  async csv(content: string | Uint8Array, config: object = {}): Promise<IngestedSource> {
    this.write('crm.csv', content);
    return this.ingest({ type: 'csv', path: 'crm.csv', ...config });
  }

  /** The rows as loaded: `[line, …cells]`, in the order of the file. */
  async rows(): Promise<Cell[][]> {
    const [load] = await loadedSources(this.engine);
    const rows = await this.engine.rows(
      sql`SELECT * FROM ${tableRef(sourceTable(this.id))} ORDER BY _file, _line`,
    );
    const names = ['_line', ...(load?.columns ?? []).map((column) => column.name)];
    return rows.map((row) => names.map((name) => row[name] as Cell));
  }

  /** `[file, line, column, reason, raw]` of each rejected row. */
  async rejects(): Promise<Cell[][]> {
    const rows = await this.engine.rows(
      sql`SELECT file, line, column_name, reason, raw FROM ${tableRef(rejectTable)} WHERE source = ${this.id} ORDER BY file, line`,
    );
    return rows.map((row) => Object.values(row));
  }
}
