import { z } from 'zod';

export const latencyModel = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('none') }),
  z.strictObject({ kind: z.literal('fixed'), ms: z.number().min(0) }),
  z.strictObject({
    kind: z.literal('lognormal'),
    medianMs: z.number().positive(),
    /** Spread of the logarithm; 0.8 puts 90 % of the answers between 0.27 and 3.7 medians. */
    sigma: z.number().min(0),
    maxMs: z.number().min(0).optional(),
  }),
]);

/** How long the account takes to answer, in ms. FACTS §9.18: real batches of 500 take 1 to 40 s, lognormal. */
export type LatencyModel = z.infer<typeof latencyModel>;

/** The time one call takes, in ms. */
export function drawLatency(model: LatencyModel, random: () => number): number {
  switch (model.kind) {
    case 'none':
      return 0;
    case 'fixed':
      return model.ms;
    case 'lognormal': {
      const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
      const drawn = model.medianMs * Math.exp(model.sigma * normal);
      return Math.min(model.maxMs ?? Number.POSITIVE_INFINITY, drawn);
    }
  }
}
