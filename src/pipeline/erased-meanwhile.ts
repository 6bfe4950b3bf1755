import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { erasedAmong } from '../exports/forget-addresses.ts';
import { suppressionState } from '../suppression/suppression-list.ts';

/**
 * Whom of a run somebody erased since it began. A run has thousands of people in memory, and must not send them from
 * there: asked after a chunk is `sending`, it either knows of an erasure, or that erasure sees the chunk and waits
 * until its request is over before it looks in Mailchimp.
 */
export class ErasedMeanwhile {
  readonly #engine: Engine;
  readonly #run: RunId;
  readonly #before: string;

  private constructor(engine: Engine, run: RunId, before: string) {
    this.#engine = engine;
    this.#run = run;
    this.#before = before;
  }

  /** To be made before the people of the run are read. */
  static async since(engine: Engine, run: RunId): Promise<ErasedMeanwhile> {
    return new ErasedMeanwhile(engine, run, await suppressionState(engine));
  }

  /** Whether one of these was erased. */
  async isAmong(people: readonly { position: number }[]): Promise<boolean> {
    if ((await suppressionState(this.#engine)) === this.#before) return false;
    const positions = people.map(({ position }) => position);
    return (await erasedAmong(this.#engine, this.#run, positions)).length > 0;
  }
}
