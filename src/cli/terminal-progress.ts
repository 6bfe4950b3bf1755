import type { WriteStream } from 'node:tty';
import { Presets, SingleBar } from 'cli-progress';
import type { Progress } from '../pipeline/progress.ts';

export interface ShownProgress extends Progress {
  /** Takes a bar that is shown off the screen, so that a line can be written. */
  clear(): void;
}

/** Bars on a terminal; elsewhere only sentences, since a log of bars is no use to anybody. */
export function terminalProgress(stream: WriteStream): ShownProgress {
  let bar: SingleBar | undefined;
  let shown: string | undefined;
  const clear = () => {
    bar?.stop();
    bar = undefined;
    shown = undefined;
  };
  return {
    clear,
    say(message) {
      clear();
      stream.write(`${message}\n`);
    },
    count(stage, done, total) {
      if (!stream.isTTY) return;
      if (shown !== stage) {
        clear();
        shown = stage;
        bar = new SingleBar(
          {
            stream,
            format:
              total === undefined
                ? `  ${stage}: {value}`
                : `  ${stage} {bar} {value} of {total}, {eta_formatted} to go`,
            hideCursor: true,
            clearOnComplete: true,
          },
          Presets.rect,
        );
        bar.start(total ?? 0, done);
      } else bar?.update(done);
    },
  };
}
