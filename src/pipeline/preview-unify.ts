import { inputError, PostriderError } from '../base/errors.ts';
import type { ExportId, SegmentId } from '../base/ids.ts';
import { contactAttributes } from '../exports/contact-state.ts';
import { previewExportSize } from '../exports/preview-size.ts';
import { buildCatalogue } from '../segments/catalogue.ts';
import { computeAttributes } from '../segments/computed-attributes.ts';
import { previewSegments, type OtherPeople } from '../segments/preview-segments.ts';
import { loadedSources } from '../sources/loaded-source.ts';
import { previewUnify, type PreviewedPeople, type UnifyPreview } from '../unify/preview-unify.ts';
import type { UnifyConfig } from '../unify/unify-config.ts';
import { audiencesOf } from './live-contacts.ts';
import type { PipelineParts } from './pipeline-parts.ts';
import { zoneOf } from './settings.ts';

/** How many people a segment has, or addresses an export wants: by `unify` as it is and as it would be. */
export interface SizeChange<Id> {
  id: Id;
  /** Null where there is nothing to compare with, or an attribute that it speaks of is not there. */
  before: number | null;
  after: number | null;
}

export interface SizesAhead {
  segments: SizeChange<SegmentId>[];
  exports: SizeChange<ExportId>[];
  /** Why the sizes of one side could not be told. */
  problems: string[];
}

export type UnifyAhead = UnifyPreview<SizesAhead>;

/**
 * What a new `unify` would do to people, and through them to segments and exports, all else being as it is. Nothing
 * is stored and nothing sent.
 * @param unify undefined: a file without this section
 * @param folder that its lists are relative to
 * @throws `no_unify`, `no_sources_loaded`
 */
export async function previewUnifyChange(
  parts: PipelineParts,
  unify: UnifyConfig | undefined,
  folder: string,
): Promise<UnifyAhead> {
  if (unify === undefined) {
    throw inputError(
      'no_unify',
      'The file does not say how records become profiles.',
      'Add a "unify" section.',
    );
  }
  const { engine, settings, clock } = parts;
  const loads = await loadedSources(engine);
  if (loads.length === 0) {
    throw inputError(
      'no_sources_loaded',
      'No source has been loaded yet, so there is nothing to try the rules on.',
      'Run: postrider refresh --until sources',
    );
  }
  return previewUnify(engine, settings.unify, unify, loads, {
    now: clock.now(),
    folders: { current: settings.folder, next: folder },
    look: async ({ current, next: ahead }) => {
      const problems: string[] = [];
      const before =
        current === undefined || settings.unify === undefined
          ? undefined
          : await sizesOf(parts, settings.unify, current, 'as it is', problems);
      const after = await sizesOf(parts, unify, ahead, 'as it would be', problems);
      const compared = <Id extends string>(ids: Iterable<Id>, of: 'segments' | 'exports'): SizeChange<Id>[] =>
        [...ids].map((id) => ({
          id,
          before: before?.[of].get(id) ?? null,
          after: after?.[of].get(id) ?? null,
        }));
      return {
        segments: compared(settings.segments.keys(), 'segments'),
        exports: compared(settings.exports.keys(), 'exports'),
        problems,
      };
    },
  });
}

interface Sizes {
  segments: ReadonlyMap<string, number>;
  exports: ReadonlyMap<string, number>;
}

/** Undefined, and a sentence in `problems`, where rules speak of an attribute that these people do not have. */
async function sizesOf(
  { engine, settings, clock }: PipelineParts,
  unify: UnifyConfig,
  { profile, record, attributes }: PreviewedPeople,
  which: string,
  problems: string[],
): Promise<Sizes | undefined> {
  const people: OtherPeople = { profile, record, member: { ...profile, table: `${profile.table}_member` } };
  try {
    const options = { now: clock.now(), timeZone: zoneOf(settings) };
    const mapped = buildCatalogue({
      profile: { attributes },
      beside: contactAttributes(audiencesOf(settings)),
      sources: await loadedSources(engine),
      unified: unify.sources.map(({ source }) => source),
      relationships: settings.relationships,
      segments: settings.segments,
    });
    const computed = await computeAttributes(engine, settings.computed ?? new Map(), mapped, people, options);
    const catalogue = { ...mapped, attributes: [...mapped.attributes, ...computed] };
    const segments = await previewSegments(engine, settings.segments, catalogue, people, options);
    const exports = new Map<string, number>();
    for (const [id, config] of settings.exports) {
      if (!attributes.some(({ name }) => name === config.match.email)) {
        problems.push(
          `The export ${id} needs the attribute "${config.match.email}", which unify ${which} does not map.`,
        );
        continue;
      }
      exports.set(id, await previewExportSize(engine, config, people));
    }
    return { segments, exports };
  } catch (error) {
    if (!(error instanceof PostriderError && error.kind === 'input')) throw error;
    problems.push(`With unify ${which}: ${error.message}`);
    return undefined;
  }
}
