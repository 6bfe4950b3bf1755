import { inputError, PostriderError } from '../base/errors.ts';
import type { ConnectionId, ExportId, SegmentId } from '../base/ids.ts';
import type { Destination } from '../delivery/destination.ts';
import type { Engine } from '../engine/engine.ts';
import { sql } from '../engine/sql.ts';
import { audienceKey } from '../exports/audience-key.ts';
import type { ExportConfig } from '../exports/export-config.ts';
import { attributesOf, fieldChoices } from '../exports/field-choice.ts';
import { ownTags, planTags } from '../exports/own-tags.ts';
import { segmentSizes } from '../segments/segment-sizes.ts';
import { mapFields } from './map-fields.ts';

/** What is about to be saved, and what it is held against. */
export interface SavedExports {
  exports: ReadonlyMap<ExportId, ExportConfig>;
  /** Names of segments, by id. */
  names: ReadonlyMap<string, string>;
  /** Segments whose people are not those of the rules that are being saved. */
  outdated: ReadonlySet<string>;
  /** Opens the account of a connection; undefined: it is not to be asked. */
  open: (connection: ConnectionId) => Promise<Destination | undefined>;
  /** How long an account may take to answer, for all of an export. */
  patienceMs: number;
}

/**
 * What would go wrong in every run is refused when an export is saved, before anything is stored: too many people, an
 * audience that the account does not have, merge fields that the audience does not have, tags that are somebody else's. Reads
 * only. Attributes are not looked at: the next refresh may bring them.
 * @returns sentences about accounts that could not be asked
 * @throws `people_limit`, `audience_unknown`, and those of `mapFields` and `planTags`
 */
export async function checkExportsAtSave(engine: Engine, saved: SavedExports): Promise<string[]> {
  const warnings: string[] = [];
  for (const [id, config] of saved.exports) {
    await refuseTooManyPeople(engine, id, config, saved.outdated);
    const warning = await askAccount(engine, id, config, saved);
    if (warning !== undefined) warnings.push(warning);
  }
  return warnings;
}

async function refuseTooManyPeople(
  engine: Engine,
  id: ExportId,
  { segments, exclude, limits }: ExportConfig,
  outdated: ReadonlySet<string>,
): Promise<void> {
  const computed = new Set<string>((await segmentSizes(engine)).map((size) => size.segment));
  const known = [...segments, ...exclude].every((each) => computed.has(each) && !outdated.has(each));
  // Rules that are new have no people yet: the run has the same limit.
  if (!known) return;
  const [row] = await engine.rows<{ people: number }>(sql`
    SELECT count(DISTINCT customer_id) AS people FROM segment.member WHERE list_contains(${segments}, segment)
      AND customer_id NOT IN (SELECT customer_id FROM segment.member WHERE list_contains(${exclude}, segment))`);
  const people = row?.people ?? 0;
  if (people <= limits.people) return;
  throw inputError(
    'people_limit',
    `exports.${id}: its segments have ${people.toLocaleString('en-US')} people, the limit is ${limits.people.toLocaleString('en-US')}.`,
    'Choose smaller segments, or raise limits.people.',
  );
}

async function askAccount(
  engine: Engine,
  id: ExportId,
  config: ExportConfig,
  saved: SavedExports,
): Promise<string | undefined> {
  const destination = await saved.open(config.connection as ConnectionId);
  if (destination === undefined) return undefined;
  const patience = AbortSignal.timeout(saved.patienceMs);
  try {
    const audience = await destination.describe(config.audience, patience);
    // Of attributes only the names are known before they are computed; text goes into any field.
    const attributes = attributeNames(config).map((name) => ({ name, type: 'text' as const }));
    mapFields(audience, attributes, id, config);
    planTags(
      config.segments.map((segment) => ({
        segment: segment as SegmentId,
        name: `${config.tagPrefix}${saved.names.get(segment) ?? segment}`,
      })),
      [],
      await ownTags(engine, audienceKey(config)),
      audience.tags,
      config.adoptTags,
    );
    return undefined;
  } catch (error) {
    if (patience.aborted || (error instanceof PostriderError && error.kind === 'remote')) {
      return `Mailchimp could not be asked about exports.${id}; the next plan looks at its audience.`;
    }
    throw destination.isGone(error) ? audienceUnknown(error, id, config) : withPlace(error, id);
  } finally {
    await destination.close();
  }
}

function attributeNames(config: ExportConfig): string[] {
  const fields = fieldChoices(config)
    .flatMap(attributesOf)
    .map(({ attribute }) => attribute);
  const consent = Object.values(config.consent ?? {}).filter((name) => name !== undefined);
  return [...new Set([config.match.email, ...fields, ...consent])];
}

/** A file may have many exports: which of them is meant. */
function withPlace(error: unknown, id: ExportId): unknown {
  if (!(error instanceof PostriderError) || error.code !== 'tag_exists') return error;
  return new PostriderError({
    ...error.toJSON(),
    message: `exports.${id}: ${error.message}`,
    cause: error,
  });
}

function audienceUnknown(cause: unknown, id: ExportId, { audience }: ExportConfig): PostriderError {
  return new PostriderError({
    kind: 'configuration',
    code: 'audience_unknown',
    message: `exports.${id}.audience: the account has no audience "${audience}".`,
    hint: 'Look for the audience ID in Mailchimp, under the settings of the audience.',
    cause,
  });
}
