import { randomBytes } from 'node:crypto';
import { renameSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/**
 * How the command line finds the server that has a data folder, and proves that it may read that folder: whoever can
 * read this file has the power of the files beside it, and is let in as they would be.
 */
const doorRecord = z.object({
  /** Both sides must speak alike. */
  protocol: z.literal(1),
  url: z.url(),
  secret: z.string().min(40),
});
export type Door = z.infer<typeof doorRecord>;

const placeOf = (dataFolder: string) => join(dataFolder, 'server.json');

/** Puts the file there, readable for its owner only. */
export function putDoor(dataFolder: string, url: string): Door {
  const door: Door = { protocol: 1, url, secret: randomBytes(32).toString('base64url') };
  const place = placeOf(dataFolder);
  writeFileSync(`${place}.new`, `${JSON.stringify(door)}\n`, { mode: 0o600 });
  renameSync(`${place}.new`, place);
  return door;
}

export function removeDoor(dataFolder: string): void {
  rmSync(placeOf(dataFolder), { force: true });
}

/** @returns undefined where no server left one, or a server of another version */
export function readDoor(dataFolder: string): Door | undefined {
  try {
    return doorRecord.parse(JSON.parse(readFileSync(placeOf(dataFolder), 'utf8')));
  } catch {
    return undefined;
  }
}
