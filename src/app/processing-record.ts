import type { ConnectionId, ExportId, SegmentId } from '../base/ids.ts';
import type { StoredExport } from '../exports/export-config.ts';
import { attributesOf, fieldChoices } from '../exports/field-choice.ts';
import type { ExportRun } from '../exports/plan.ts';
import { segmentName } from '../pipeline/pipeline-parts.ts';
import { runHeaderPage } from '../store/run-headers.ts';
import type { WorkspaceItem } from '../store/workspace-items.ts';
import type { AppGround } from './app-ground.ts';

/** Which data of people an export hands over, on whose word, and when it did: for a record of processing. */
export interface ProcessingRecord {
  export: string;
  name: string;
  connection: { id: string; name: string } | null;
  /** Mailchimp's id. */
  audience: string;
  /** Who agreed that data are sent there, when, and to which text. */
  consent: { agreedBy: string; date: string; text: string } | null;
  /** Merge field and attribute; the address itself is `EMAIL`. */
  fields: { field: string; attribute: string; sensitive: boolean }[];
  /** Whose people are sent, and by what name as a tag. */
  segments: { segment: string; name: string }[];
  /** The newest hundred. */
  runs: { run: string; at: Date; by: string; status: string; people: number }[];
}

/** What an export hands over, from its settings as they are and its runs as they were. */
export async function processingRecordOf(
  { store, parts }: Pick<AppGround, 'store' | 'parts'>,
  { id, name, body }: WorkspaceItem,
): Promise<ProcessingRecord> {
  const config = body as StoredExport;
  const { settings } = await parts();
  const connection = settings.connections.get(config.connection as ConnectionId);
  const sensitive = new Set(settings.unify?.sensitive);
  const { items } = await runHeaderPage(store.db, { export: id as ExportId, limit: 100 });
  const mapped = fieldChoices(config).flatMap((field) =>
    attributesOf(field).map(({ attribute }) => ({ field: field.tag, attribute })),
  );
  return {
    export: id,
    name,
    connection:
      config.connection === null
        ? null
        : { id: config.connection, name: connection?.name ?? config.connection },
    audience: config.audience,
    consent: connection?.consent ?? null,
    fields: [{ field: 'EMAIL', attribute: config.match.email }, ...mapped].map((field) => ({
      ...field,
      sensitive: sensitive.has(field.attribute),
    })),
    segments: config.segments.map((segment) => ({
      segment,
      name: segmentName(settings, segment as SegmentId),
    })),
    runs: items
      .filter(({ startedAt }) => startedAt !== undefined)
      .map((header) => ({
        run: header.id,
        at: header.startedAt ?? header.createdAt,
        by: header.requestedBy,
        status: header.status,
        people: (header.summary as ExportRun).people.desired,
      })),
  };
}
