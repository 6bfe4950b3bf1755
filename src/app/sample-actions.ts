import { PostriderError } from '../base/errors.ts';
import { audited, type AppGround } from './app-ground.ts';

/** Sample data to look at before there are any of one's own: a world beside this one, which it never touches. */
export interface SampleActions {
  /** Whether there is nothing yet that a sample could be mistaken for. */
  isEmpty(): Promise<boolean>;
  /**
   * Has a sample made.
   * @throws `conflict` / `not_empty`
   */
  beginSample(make: () => Promise<void>): Promise<void>;
  endSample(end: () => Promise<void>): Promise<void>;
}

export function sampleActions(ground: AppGround): SampleActions {
  const isEmpty = async () => {
    const { sources, unify, segments, connections, exports } = (await ground.parts()).settings;
    const sizes = [sources, segments, connections, exports].map(({ size }) => size);
    return unify === undefined && sizes.every((size) => size === 0);
  };
  return {
    isEmpty,
    beginSample: async (make) => {
      if (!(await isEmpty())) {
        throw new PostriderError({
          kind: 'conflict',
          code: 'not_empty',
          message: 'There are data of your own already.',
          hint: 'Sample data are for an empty workspace. `postrider demo` shows them beside it, on a port of its own.',
        });
      }
      await make();
      await audited(ground, 'sample.begin', 'sample');
    },
    endSample: async (end) => {
      await end();
      await audited(ground, 'sample.end', 'sample');
    },
  };
}
