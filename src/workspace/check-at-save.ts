import { isDeepStrictEqual } from 'node:util';
import { inputError } from '../base/errors.ts';
import type { ConnectionId, ExportId, SegmentId } from '../base/ids.ts';
import { secretOfConnection, type ConnectionSecret } from '../connections/connection-secrets.ts';
import type { SecretKey } from '../connections/seal.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { isAttached, type ExportConfig, type StoredExport } from '../exports/export-config.ts';
import { checkExportsAtSave } from '../pipeline/check-exports-at-save.ts';
import { refuseInUse } from '../pipeline/refuse-in-use.ts';
import { segmentWarnings } from '../pipeline/usable-segments.ts';
import type { SegmentConfig } from '../segments/segment-config.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import type { Database } from '../store/tables.ts';
import { fightingExports } from './fighting-exports.ts';
import { loadSettings } from './load-settings.ts';
import type { WorkspaceFile } from './workspace-file.ts';

/** Whoever applies a file waits for no account longer than this. */
const patienceMs = 5_000;

export interface SaveCheckOptions {
  /** What the file no longer holds goes. */
  prune: boolean;
  /** Also segments that others speak of. */
  force: boolean;
  /** Where references to secrets are read. */
  env: Readonly<Record<string, string | undefined>>;
  /** Ask no account. */
  offline: boolean;
  open: (connection: ConnectionId, secret: ConnectionSecret) => Promise<Destination>;
}

/**
 * Holds a workspace file against what is stored and against the accounts, before anything of it is stored. Reads only.
 * @returns sentences about what could not be looked at, and about segments of exports that are not computed
 * @throws `segment_in_use`, `field_shared`, `tag_shared` where an export of the file fights with one that is kept; those of
 *   `checkExportsAtSave`
 */
export async function checkAtSave(
  engine: Engine,
  db: Database,
  key: SecretKey,
  file: WorkspaceFile,
  options: SaveCheckOptions,
): Promise<string[]> {
  // What cannot be read any more is no hindrance: the file takes its place.
  const stored = await loadSettings(db).catch(() => undefined);
  const storedSegments: Readonly<Record<string, SegmentConfig>> = Object.fromEntries(stored?.segments ?? []);
  const kept = options.prune
    ? []
    : [...(stored?.exports ?? [])].filter(([id]) => !Object.hasOwn(file.exports, id));
  refuseFights(file, kept, storedSegments);
  const segments = Object.entries(file.segments);
  if (options.prune && !options.force) {
    const going = Object.keys(storedSegments).filter((id) => !Object.hasOwn(file.segments, id));
    refuseInUse(going as SegmentId[], { segments, exports: Object.entries(file.exports) });
  }
  const configs = new Map(segments as [SegmentId, SegmentConfig][]);
  const sizes = await segmentSizes(engine);
  const warnings = Object.entries(file.exports).flatMap(([id, config]) =>
    segmentWarnings(configs, sizes, config).map((warning) => `exports.${id}: ${warning}`),
  );
  const unsure = await checkExportsAtSave(engine, {
    exports: new Map(
      (Object.entries(file.exports) as [ExportId, StoredExport][]).filter(
        (entry): entry is [ExportId, ExportConfig] => isAttached(entry[1]),
      ),
    ),
    names: new Map(segments.map(([id, { name }]) => [id, name ?? id])),
    outdated: new Set(
      segments.filter(([id, config]) => !isDeepStrictEqual(config, storedSegments[id])).map(([id]) => id),
    ),
    async open(connection) {
      if (options.offline) return undefined;
      const settings = file.connections[connection];
      const apiKey = settings?.apiKey;
      // Where there is none to be had, storing the connection says so.
      const secret: ConnectionSecret | undefined =
        apiKey === undefined
          ? await secretOfConnection(db, key, connection, { settings, env: options.env })
          : { type: 'apiKey', apiKey };
      return secret === undefined ? undefined : options.open(connection, secret);
    },
    patienceMs,
  });
  return [...warnings, ...unsure];
}

function refuseFights(
  file: WorkspaceFile,
  kept: readonly [ExportId, ExportConfig][],
  storedSegments: Readonly<Record<string, { name?: string | undefined }>>,
): void {
  if (kept.length === 0) return;
  const all = { ...Object.fromEntries(kept), ...file.exports };
  const [fight] = fightingExports(all, { ...storedSegments, ...file.segments });
  if (fight === undefined) return;
  throw inputError(
    fight.code ?? 'workspace_invalid',
    `${fight.path.join('.')}: ${fight.message}.`,
    'An export that the file no longer holds still runs; apply --prune removes it.',
  );
}
