/**
 * Lets so many reads go on at once, the others wait in the order in which they came. Each read asks the databases several
 * times; with two hundred of them at once each question of each would wait behind those of all the others, and what asks
 * ten times would take ten times as long as the queue is. Served a few at a time, everybody waits once.
 */
export class ReadingTurns {
  readonly #most: number;
  #going = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#going >= this.#most) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#going += 1;
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      // Whoever waits takes over the place.
      if (next === undefined) this.#going -= 1;
      else next();
    }
  }
}
