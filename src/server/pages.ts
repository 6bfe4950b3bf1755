import { z } from 'zod';

/** How to ask for a part of a list. */
export const pageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100).describe('At most so many.'),
  cursor: z.string().max(1000).optional().describe('`next` of the page before.'),
});

/** A part of a list. */
export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.object({
    items: z.array(item),
    next: z.string().optional().describe('Give it as `cursor` for what follows; absent at the end.'),
  });
}

/** All of a list that stays short. */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.object({ items: z.array(item) });
}

/** How to ask for a part of a list whose places are counted. */
export const offsetQuery = z.object({
  limit: z.coerce.number().int().min(1).max(500).default(100),
  offset: z.coerce.number().int().min(0).max(100_000_000).default(0),
});

export const idParams = z.object({ id: z.string().min(1).max(200) });

/** A time, ISO 8601. */
export const time = z.iso.datetime();
