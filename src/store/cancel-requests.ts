import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How one process asks the one that has the data folder to cancel something: by a file there, since the lock lets
 * nobody else in. `<subject>` asks; `<subject>.answer` says how it ended, for whoever asked.
 */
export interface CancelRequests {
  /**
   * Looks several times a second whether one of the subjects is to be cancelled, and says so once.
   * @param subjects as `runSubject` and `exportSubject` name them
   */
  watch(subjects: readonly string[], asked: () => void): CancelWatch;
  /**
   * Asks all in this process who watch a subject, and waits until they stop.
   * @returns undefined where nobody does; else what one of them answers, which may be nothing
   */
  ask(subject: string): Promise<unknown> | undefined;
}

export interface CancelWatch {
  /** Stops looking, and tells whoever asked, if anybody did. */
  stop(answer?: unknown): void;
}

/** The asking side. */
export interface CancelQuestion {
  /** What the other process answered, as JSON; undefined so far. Asks again if the question was lost. */
  answer(): string | undefined;
  /** Takes question and answer away. */
  withdraw(): void;
}

export const runSubject = (run: string): string => `run-${run}`;
export const exportSubject = (id: string): string => `export-${id}`;

/** Often enough that no new request starts two seconds after somebody asked (promise 9). */
const lookEveryMs = 250;

const answerEnd = '.answer';

const folderIn = (dataFolder: string): string => join(dataFolder, 'cancel');

/** The answering side; the caller has the lock of the data folder. Questions of before are nobody's any more. */
export function openCancelRequests(dataFolder: string): CancelRequests {
  const folder = folderIn(dataFolder);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // Answers stay for whoever asked: the process that gave them may be gone.
  for (const file of readdirSync(folder)) if (!file.endsWith(answerEnd)) rmSync(join(folder, file));
  const watched = new Set<{ subjects: readonly string[]; ask: () => void; stopped: Promise<unknown> }>();
  // Trouble with the disk is no question, and must neither end the process nor a run: whoever asked asks again.
  const quietly = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch {
      return undefined;
    }
  };
  const asks = (subject: string) => quietly(() => read(join(folder, subject))) !== undefined;
  return {
    watch(subjects, asked) {
      let told = false;
      const tell = () => {
        if (told) return;
        told = true;
        asked();
      };
      const look = () => {
        if (subjects.some(asks)) tell();
      };
      const { promise: stopped, resolve: answered } = Promise.withResolvers<unknown>();
      const mine = { subjects, ask: tell, stopped };
      watched.add(mine);
      const timer = setInterval(look, lookEveryMs).unref();
      look();
      return {
        stop(answer) {
          clearInterval(timer);
          watched.delete(mine);
          answered(answer);
          for (const subject of subjects.filter(asks)) {
            quietly(() => {
              if (answer !== undefined)
                writeWhole(join(folder, `${subject}${answerEnd}`), JSON.stringify(answer));
              rmSync(join(folder, subject), { force: true });
            });
          }
        },
      };
    },
    ask(subject) {
      const found = [...watched].filter(({ subjects }) => subjects.includes(subject));
      if (found.length === 0) return undefined;
      for (const { ask } of found) ask();
      return Promise.all(found.map(({ stopped }) => stopped)).then((answers) =>
        answers.find((answer) => answer !== undefined),
      );
    },
  };
}

/** Asks the process that has a data folder. */
export function askToCancel(dataFolder: string, subject: string): CancelQuestion {
  const question = join(folderIn(dataFolder), subject);
  const answer = `${question}${answerEnd}`;
  const ask = () => {
    mkdirSync(folderIn(dataFolder), { recursive: true, mode: 0o700 });
    writeWhole(question, new Date().toISOString());
  };
  rmSync(answer, { force: true });
  ask();
  return {
    answer() {
      const text = read(answer);
      if (text === undefined && read(question) === undefined) ask();
      return text;
    },
    withdraw() {
      rmSync(question, { force: true });
      rmSync(answer, { force: true });
    },
  };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** In one step, so that nobody reads half of it. */
function writeWhole(file: string, text: string): void {
  writeFileSync(`${file}.new`, text, { mode: 0o600 });
  renameSync(`${file}.new`, file);
}
