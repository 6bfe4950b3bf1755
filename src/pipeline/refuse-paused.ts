import { PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import { everything, exportOf, type PipelineParts } from './pipeline-parts.ts';

/**
 * A pause keeps runs from starting, and so does an export user who may not export any more; one that is under way is
 * ended by `cancel`.
 * @throws `conflict` / `export_paused`, `configuration` / `export_user_missing`
 */
export async function refuseIfPaused(parts: PipelineParts, exportId: string): Promise<void> {
  const { id, config } = exportOf(parts.settings, exportId);
  await refuseIfAllStopped(parts, config.connection as ConnectionId);
  const why = (await parts.pauses()).get(id);
  if (why === undefined) return;
  throw paused(`The export "${id}" is paused: ${why}`, `Let it go on: postrider resume ${id}`);
}

/**
 * What takes something back goes on while its export is paused, but not while everything is stopped: the ledger may be
 * that of an old backup then.
 * @throws as `refuseIfPaused`
 */
export async function refuseIfAllStopped(parts: PipelineParts, connection: ConnectionId): Promise<void> {
  await parts.exportUser?.(connection);
  const why = (await parts.pauses()).get(everything);
  if (why === undefined) return;
  throw paused(`All exports are paused: ${why}`, 'Let all go on: postrider resume --all');
}

function paused(message: string, hint: string): PostriderError {
  return new PostriderError({ kind: 'conflict', code: 'export_paused', message, hint });
}
