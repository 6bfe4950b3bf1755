import type { RunId } from '../base/ids.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { lackingWords } from './compare-people.ts';
import { planCount, ref } from './export-tables.ts';
import { rejects, type FieldMapping } from './field-mapping.ts';
import { fieldProblem } from './field-value.ts';
import type { FieldProblem } from './plan.ts';

/**
 * What is wrong with the values of a stored plan's people, field by field; the most people first. People who are kept out
 * or have no address are not counted.
 * @param desired how many people the plan wants
 */
export async function fieldProblems(
  engine: Engine,
  run: RunId,
  fields: readonly FieldMapping[],
  desired: number,
): Promise<FieldProblem[]> {
  const counted = await engine.rows<{ problem: string; people: number }>(
    sql`SELECT reason AS problem, people FROM ${ref(planCount)} WHERE run = ${run} AND action = 'problem'`,
  );
  const people = new Map(counted.map((row) => [row.problem, row.people]));
  return fields
    .flatMap((field) => {
      const { kind, what } = fieldProblem(field, sql``, sql``);
      return [
        { field: field.tag, kind, what, rejects: rejects(field) },
        { field: field.tag, kind: 'required_blank', what: lackingWords, rejects: true },
      ];
    })
    .flatMap((problem): FieldProblem[] => {
      const count = people.get(`${problem.field} ${problem.what}`) ?? 0;
      return count === 0 ? [] : [{ ...problem, people: count, share: count / desired }];
    })
    .toSorted((a, b) => b.people - a.people);
}
