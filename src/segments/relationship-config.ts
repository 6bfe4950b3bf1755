import { z } from 'zod';

const columnPath = z
  .string()
  .regex(/^[^.]+\..+$/, { error: 'expected a source and a column, as in "orders.customer_no".' });

/** A relationship as the workspace file has it: which table leads to which customers. */
export const relationshipConfig = z.strictObject({
  from: columnPath.describe('Column of the related table, as in "orders.customer_no".'),
  to: columnPath.describe('Column of a unified source with the same values, as in "shop.customer_no".'),
  name: z.string().min(1).optional().describe('What people see; the id when absent.'),
});
export type RelationshipConfig = z.infer<typeof relationshipConfig>;

/** `orders.customer_no` → its source and column. A column's name may hold dots, a source's id cannot. */
export function splitColumnPath(path: string): { source: string; column: string } {
  const dot = path.indexOf('.');
  return { source: path.slice(0, dot), column: path.slice(dot + 1) };
}
