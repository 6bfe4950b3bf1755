import { expect, it } from 'vitest';
import { doToSeveral } from './do-to-several.ts';
import { ApiProblem, problemOf } from './problem.ts';

const told = (count: number) => `${count} did not work`;

it('does all of them, and names those that did not work with why', async () => {
  const done: number[] = [];
  const attempt = doToSeveral(
    [1, 2, 3, 4],
    (each) => `no. ${each}`,
    async (each) => {
      if (each % 2 === 0) {
        const problem = {
          status: 409,
          kind: 'conflict',
          code: 'in_use',
          detail: `${each} is used.`,
          hint: 'Wait.',
        };
        throw new ApiProblem(problem);
      }
      done.push(each);
    },
    told,
  );
  const problem = problemOf(await attempt.catch((error: unknown) => error));
  expect(done).toEqual([1, 3]);
  expect(problem).toMatchObject({
    code: 'in_use',
    detail: '2 did not work',
    problems: [
      { path: 'no. 2', message: '2 is used.', hint: 'Wait.' },
      { path: 'no. 4', message: '4 is used.', hint: 'Wait.' },
    ],
  });
});

it('says nothing where all went well', async () => {
  await expect(doToSeveral([1], String, () => Promise.resolve(), told)).resolves.toBeUndefined();
});
