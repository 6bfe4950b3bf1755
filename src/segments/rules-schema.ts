import { z } from 'zod';
import { ruleGroup } from './rule.ts';

/** The JSON Schema of a segment's rules, for editors; made of the parser's own schema. */
export function rulesJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(ruleGroup, { io: 'input' }),
    title: 'Rules of a Postrider segment',
    description:
      "React Query Builder's rule groups, extended. Which fields and operators suit is known only beside the data.",
  };
}
