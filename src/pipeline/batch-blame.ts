import { PostriderError } from '../base/errors.ts';
import type { BatchRefused } from '../delivery/destination.ts';

/** Fewer culprits than this prove nothing about the others. */
const fewest = 10;
/** With a larger share of culprits, looking for each costs more requests than it saves, and the mapping is wrong. */
const mostShare = 0.2;

/**
 * Whether refusals of whole batches are the fault of some people or of the export: one for each run, fed with how
 * every person ended.
 */
export class BatchBlame {
  #through = 0;
  #blamed = 0;

  /** People of a batch that was not refused as a whole. */
  passed(people: number): void {
    this.#through += people;
  }

  /**
   * Somebody who was refused alone.
   * @returns the error to stop the run with, when there are too many for it to be these people's fault
   */
  refused({ verdict }: BatchRefused): PostriderError | undefined {
    this.#blamed += 1;
    const tried = this.#through + this.#blamed;
    if (this.#blamed < fewest || this.#blamed <= tried * mostShare) return undefined;
    return new PostriderError({
      kind: 'configuration',
      code: 'batches_refused',
      message: `Mailchimp refuses ${this.#blamed} of the first ${tried} people: ${verdict.detail}`,
      hint: 'Check that the attributes fit the merge fields they are mapped to; then run again.',
    });
  }
}
