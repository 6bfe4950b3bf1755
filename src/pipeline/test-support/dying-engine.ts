import type { Change, Engine } from '../../engine/engine.ts';
import type { Sql } from '../../engine/sql.ts';

/** An engine whose process dies at a commit, just before or just after it became durable; then nothing of it works. */
export class DyingEngine implements Engine {
  died = false;
  readonly #engine: Engine;
  readonly #survives: (changes: readonly Change[]) => boolean;
  readonly #side: 'before' | 'after';

  constructor(
    engine: Engine,
    survives: (changes: readonly Change[]) => boolean,
    side: 'before' | 'after' = 'before',
  ) {
    this.#engine = engine;
    this.#survives = survives;
    this.#side = side;
  }

  get dialect() {
    return this.#engine.dialect;
  }

  rows<T>(query: Sql): Promise<T[]> {
    this.#alive();
    return this.#engine.rows<T>(query);
  }

  pages<T>(query: Sql): AsyncIterable<T[]> {
    this.#alive();
    return this.#engine.pages<T>(query);
  }

  async commit(changes: readonly Change[], options?: { ahead?: boolean }): Promise<void> {
    this.#alive();
    this.died = !this.#survives(changes);
    if (!this.died || this.#side === 'after') await this.#engine.commit(changes, options);
    this.#alive();
  }

  inSmallSteps<T>(work: () => Promise<T>): Promise<T> {
    return this.#engine.inSmallSteps(work);
  }

  get tablesVersion(): number {
    return this.#engine.tablesVersion;
  }

  copyTo(...args: Parameters<Engine['copyTo']>): Promise<void> {
    return this.#engine.copyTo(...args);
  }

  checkpoint(): Promise<void> {
    this.#alive();
    return this.#engine.checkpoint();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #alive(): void {
    if (this.died) throw new Error('the process is dead');
  }
}
