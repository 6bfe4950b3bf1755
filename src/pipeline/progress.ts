/** What a stage tells while it works; shells show it, nothing depends on it. */
export interface Progress {
  /** A sentence for a person; never people's data. */
  say(message: string): void;
  /** `done` of `total` (unknown: undefined) of something in this stage. */
  count(stage: string, done: number, total?: number): void;
}

export const silent: Progress = { say: () => undefined, count: () => undefined };
