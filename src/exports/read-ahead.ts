import type { Engine } from '../engine/engine.ts';
import { peopleBetween, type Chunk, type PlannedPerson } from './chunks.ts';

/** Finding 500 people in a plan of a million costs nearly as much as finding a few thousand who stand together. */
const chunksPerRead = 8;

/**
 * Reads the people of upsert chunks, several chunks at a time: who asks for one has the next ones read, too. To be asked
 * for in about the given order; a chunk that is asked for again is read again.
 * @returns the people of one of the chunks who have no outcome yet
 */
export function readAhead(
  engine: Engine,
  chunks: readonly Chunk[],
): (chunk: Chunk) => Promise<PlannedPerson[]> {
  const upserts = chunks.filter(({ kind }) => kind === 'upsert');
  const places = new Map(upserts.map((each, index) => [each.chunk, index]));
  const ready = new Map<number, Promise<PlannedPerson[]>>();
  let nextUnread = 0;
  return (chunk) => {
    const place = places.get(chunk.chunk);
    if (place === undefined || (place < nextUnread && !ready.has(chunk.chunk))) {
      return peopleBetween(engine, chunk.run, chunk.first, chunk.last);
    }
    for (; nextUnread <= place; nextUnread += chunksPerRead) {
      const group = upserts.slice(nextUnread, nextUnread + chunksPerRead);
      const all = readTogether(engine, group);
      // Its failure is met by who asks for it; until then it is not unhandled.
      all.catch(() => undefined);
      for (const { chunk: number, first, last } of group) {
        const mine = all.then((people) =>
          people.filter(({ position }) => position >= first && position <= last),
        );
        mine.catch(() => undefined);
        ready.set(number, mine);
      }
    }
    const people = ready.get(chunk.chunk) as Promise<PlannedPerson[]>;
    ready.delete(chunk.chunk);
    return people;
  };
}

async function readTogether(engine: Engine, group: readonly Chunk[]): Promise<PlannedPerson[]> {
  const [first, last] = [group[0], group.at(-1)];
  if (first === undefined || last === undefined) return [];
  return peopleBetween(engine, first.run, first.first, last.last);
}
