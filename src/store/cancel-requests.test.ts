import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { askToCancel, openCancelRequests } from './cancel-requests.ts';

describe('questions to cancel, on a disk that makes trouble', () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), 'postrider-cancel-'));
  });
  afterEach(() => rmSync(data, { recursive: true }));
  const place = (name: string) => join(data, 'cancel', name);

  it('end nothing where they cannot be read, and are heard once they can', async () => {
    const requests = openCancelRequests(data);
    // Nobody can read a folder as a file.
    mkdirSync(place('run-r1'));
    let asked = 0;
    const watch = requests.watch(['run-r1'], () => (asked += 1));
    // Two looks.
    await sleep(600);
    expect(asked).toBe(0);
    rmSync(place('run-r1'), { recursive: true });
    askToCancel(data, 'run-r1');
    await expect.poll(() => asked).toBe(1);
    watch.stop();
  });

  it('leave a run as it ended where nobody can be told', () => {
    const requests = openCancelRequests(data);
    const watch = requests.watch(['run-r1'], () => undefined);
    const question = askToCancel(data, 'run-r1');
    mkdirSync(place('run-r1.answer.new'));
    expect(() => watch.stop({ run: 'r1' })).not.toThrow();
    expect(question.answer()).toBeUndefined();
  });
});
