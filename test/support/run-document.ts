import { expect } from 'vitest';
import { documentOf, type Postrider } from './postrider-process.ts';

/** What `plan --json`, `run --json` and `release --json` print: DESIGN §6, written down here once more by hand. */
export interface RunDocument {
  run: string;
  export: string;
  status: 'planned' | 'succeeded' | 'failed' | 'cancelled' | 'stopped';
  people: {
    desired: number;
    add: number;
    update: number;
    unchanged: number;
    keptOut: Record<string, number>;
    rejected: Record<string, number>;
    failed: Record<string, number>;
    leave: number;
  };
  changes: { fields: number; tag: number; untag: number; archive: number };
  requests: number;
  retries: number;
  seconds: number;
  brake: { code: string; message: string } | null;
}

const count = expect.any(Number) as number;

/** Exactly these members, each of its type, and everybody accounted for (promise 7). */
export function expectRunDocument(document: RunDocument): void {
  expect(document).toEqual({
    run: expect.stringMatching(/^r[0-9a-z]+$/) as string,
    export: expect.any(String) as string,
    status: expect.stringMatching(/^(planned|succeeded|failed|cancelled|stopped)$/) as string,
    people: {
      desired: count,
      add: count,
      update: count,
      unchanged: count,
      keptOut: expect.any(Object) as object,
      rejected: expect.any(Object) as object,
      failed: expect.any(Object) as object,
      leave: count,
    },
    changes: { fields: count, tag: count, untag: count, archive: count },
    requests: count,
    retries: count,
    seconds: count,
    brake:
      document.brake === null
        ? null
        : { code: expect.any(String) as string, message: expect.any(String) as string },
  });
  const { desired, add, update, unchanged, keptOut, rejected, failed } = document.people;
  expect(add + update + unchanged + sum(keptOut) + sum(rejected) + sum(failed)).toBe(desired);
}

/** A person would start it again, so we do, at most so many times: every start must leave things better. */
export async function untilDone(
  postrider: Postrider,
  starts: number,
): Promise<RunDocument & { failure?: unknown }> {
  for (let start = 1; ; start++) {
    const ended = await postrider.run(['run', 'newsletter', '--json']);
    if (ended.code === 0) return documentOf(ended);
    if (start === starts) throw new Error(`not done after ${start} starts:\n${ended.stdout}${ended.stderr}`);
  }
}

export function sum(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((total, each) => total + each, 0);
}
