import { may } from '../access/permission.ts';
import { isAtLeast } from '../access/role.ts';
import { findUserByEmail } from '../access/users.ts';
import { PostriderError } from '../base/errors.ts';
import type { ConnectionId } from '../base/ids.ts';
import type { AppGround } from './app-ground.ts';

/**
 * In whose name a connection sends, where somebody was named.
 * @throws `configuration` / `export_user_missing`
 */
export async function exportUserOf(
  { store, parts }: Pick<AppGround, 'store' | 'parts'>,
  connection: ConnectionId,
): Promise<string | undefined> {
  const settings = (await parts()).settings.connections.get(connection);
  const named = settings?.exportUser;
  if (named === undefined) return undefined;
  const user = await findUserByEmail(store.db, named);
  const shared = settings?.sharedWith.includes('contributors') === true;
  const fits =
    user !== undefined &&
    (may(user.role, 'exports.run') || user.extra.includes('exports.run')) &&
    (shared || isAtLeast(user.role, 'administrator'));
  if (fits) return user.email;
  throw new PostriderError({
    kind: 'configuration',
    code: 'export_user_missing',
    message: `The export user of the connection "${connection}" may not export any more.`,
    hint: 'Somebody else takes over: Admin › Connections › Add yourself as export user.',
  });
}
