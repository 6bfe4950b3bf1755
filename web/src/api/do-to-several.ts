import { ApiProblem, problemOf } from './problem.ts';

/**
 * Does one thing after the other, and all of them, whatever becomes of some.
 * @param told what is said where some did not work, given how many
 * @throws ApiProblem with each that did not work and why
 */
export async function doToSeveral<Row>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  deed: (row: Row) => Promise<unknown>,
  told: (count: number) => string,
): Promise<void> {
  const failures: { name: string; error: unknown }[] = [];
  for (const row of rows) {
    try {
      await deed(row);
    } catch (error) {
      failures.push({ name: nameOf(row), error });
    }
  }
  const [first] = failures;
  if (first === undefined) return;
  const { kind, code, status } = problemOf(first.error);
  throw new ApiProblem({
    kind,
    code,
    status,
    detail: told(failures.length),
    problems: failures.map(({ name, error }) => {
      const { detail, hint } = problemOf(error);
      return { path: name, message: detail, ...(hint === undefined ? {} : { hint }) };
    }),
  });
}
