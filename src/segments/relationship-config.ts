import { z } from 'zod';

const columnPath = z
  .string()
  .regex(/^[^.]+\..+$/, { error: 'expected a source and a column, as in "orders.customer_no".' });

/** A relationship as the workspace file has it: two columns, whose rows belong together where they are equal. */
export const relationshipConfig = z.strictObject({
  from: columnPath.describe('Column of the table that points to the other, as in "orders.customer_no".'),
  to: columnPath.describe(
    'Column with the same values: of a unified source, then the rows belong to its customers; or of any other, as in "products.product_no", then rules on the rows can look there.',
  ),
  name: z
    .string()
    .min(1)
    .optional()
    .describe(
      'What people see: what the rows are called that it leads to from a person (Orders) or a row (Product); the id when absent.',
    ),
});
export type RelationshipConfig = z.infer<typeof relationshipConfig>;

/** `orders.customer_no` → its source and column. A column's name may hold dots, a source's id cannot. */
export function splitColumnPath(path: string): { source: string; column: string } {
  const dot = path.indexOf('.');
  return { source: path.slice(0, dot), column: path.slice(dot + 1) };
}
