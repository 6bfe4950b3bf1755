import { z } from 'zod';

function isRegExp(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}

const answer = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('status'),
    status: z.number().int().min(400).max(599),
    /** `problem` is JSON, `html` a page of the CDN, `empty` no body at all. */
    body: z.enum(['problem', 'html', 'empty']).default('html'),
    /** Mailchimp sends none; proxies between may. */
    retryAfter: z.string().optional(),
  }),
  /** The connection is cut without an answer. */
  z.strictObject({ kind: z.literal('reset') }),
  /** The first half of the right answer, as if it were all. */
  z.strictObject({ kind: z.literal('cut') }),
  /** The right answer, later. */
  z.strictObject({ kind: z.literal('delay'), ms: z.number().min(0) }),
]);

export const faultRule = z.strictObject({
  method: z.string().optional().describe('Absent: any'),
  path: z
    .string()
    .refine(isRegExp, 'not a regular expression')
    .optional()
    .describe('A regular expression over the path below /3.0; absent: any'),
  skip: z.number().int().min(0).default(0).describe('Matching requests that pass first'),
  times: z.number().int().positive().nullable().default(1).describe('How many are hit; null: all'),
  rate: z.number().min(0).max(1).default(1).describe('The chance that a matching request is hit'),
  when: z
    .enum(['before', 'after'])
    .default('before')
    .describe('before: nothing was done; after: it was done, and the answer is lost'),
  answer,
});

/** A fault that waits for its request (FACTS §9.18). */
export type FaultRule = z.infer<typeof faultRule>;
export type FaultSettings = z.input<typeof faultRule>;

export interface Fault extends FaultRule {
  readonly id: number;
  seen: number;
  hits: number;
}

/** Faults in the order they were set; the first that is due meets the request. */
export class Faults {
  #faults: Fault[] = [];
  #last = 0;
  readonly #random: () => number;

  constructor(random: () => number) {
    this.#random = random;
  }

  add(rule: FaultRule): Fault {
    const fault: Fault = { id: ++this.#last, ...rule, seen: 0, hits: 0 };
    this.#faults.push(fault);
    return fault;
  }

  clear(): void {
    this.#faults = [];
  }

  list(): Fault[] {
    return this.#faults;
  }

  /** The fault for this request, counted as used; every matching fault sees the request. */
  meet(method: string, path: string): Fault | undefined {
    let met: Fault | undefined;
    for (const fault of this.#faults) {
      if (fault.method !== undefined && fault.method.toUpperCase() !== method) continue;
      if (fault.path !== undefined && !new RegExp(fault.path).test(path)) continue;
      fault.seen++;
      if (met !== undefined || fault.seen <= fault.skip) continue;
      if (fault.times !== null && fault.hits >= fault.times) continue;
      if (fault.rate < 1 && this.#random() >= fault.rate) continue;
      fault.hits++;
      met = fault;
    }
    return met;
  }
}
