import { z } from 'zod';

/** The first entry of a backup: whose it is. */
export const backupManifest = z.object({
  product: z.literal('postrider'),
  format: z.literal(1),
  version: z.string(),
  /** The newest migration of the store. */
  migration: z.int(),
  /** ISO 8601. */
  madeAt: z.iso.datetime(),
  /** The key that its secrets are sealed with. */
  keyId: z.string(),
  withKey: z.boolean(),
});
export type BackupManifest = z.output<typeof backupManifest>;

/** The last entry: SHA-256 of each file before it. */
export const backupSums = z.record(z.string(), z.string());
export type BackupSums = z.output<typeof backupSums>;
