import { PostriderError } from '../base/errors.ts';
import type { Column, Engine, TableName } from '../engine/engine.ts';
import { name, sql } from '../engine/sql.ts';
import type { SourceLoad } from '../sources/loaded-source.ts';
import type { LargeBlock } from './link-records.ts';
import { makePeople } from './make-people.ts';
import { profileTable } from './merge-profiles.ts';
import type { ScoreReport } from './probabilistic/score-report.ts';
import { changedPeople, type PeopleChange } from './preview-changes.ts';
import { joinedOnlyBy, type OnlyBy } from './preview-only-by.ts';
import { previewTable, snapshotPeople, type PreviewSide } from './preview-snapshot.ts';
import { readLists, type UnifyLists } from './read-lists.ts';
import type { LargeGroup } from './settle-links.ts';
import type { UnifyConfig } from './unify-config.ts';
import type { UnifyResult } from './unify.ts';
import { planUnify, type UnifyPlan, type UnifyWarning } from './unify-plan.ts';
import { clearPreview, clearWork, previewSchema } from './unify-tables.ts';

/** Where a later stage finds the people of one side, instead of in `profile.profile` and `unify.record`. */
export interface PreviewedPeople {
  profile: TableName;
  record: TableName;
  attributes: Column[];
}

export interface PreviewedSide {
  records: number;
  people: number;
}

/** What a change of `unify` would do to the people of the sources as they are loaded. */
export interface UnifyPreview<Looked> extends PeopleChange {
  /** Absent: nothing was unified before, or the configuration that is does not fit the sources, as a warning says. */
  before?: PreviewedSide;
  after: PreviewedSide;
  /** The rules as they would be, in their order. */
  rules: OnlyBy[];
  scores: ScoreReport[];
  largeGroups: LargeGroup[];
  largeBlocks: LargeBlock[];
  warnings: UnifyWarning[];
  /** What `look` said. */
  looked: Looked;
}

export interface PreviewOptions<Looked> {
  now: Date;
  /** What paths of lists are relative to: of the configuration that is, and of the new one. */
  folders: { current: string; next: string };
  /** How many pairs to show of each kind and rule. */
  samples?: number;
  /** Looks at the people of both sides while they are there, for stages behind this one. */
  look(people: { current?: PreviewedPeople; next: PreviewedPeople }): Promise<Looked>;
}

const defaultSamples = 3;

/**
 * Unifies the loaded sources twice, by the configuration that is and by a new one, and compares. Both see the same
 * records, so all that differs comes from the change. Nothing that anybody reads is touched: people, ids and
 * links stay those of the last refresh. Where the configuration that is fits the sources no more, the new one, which may
 * be what mends it, is shown alone.
 *
 * Errors: those of `planUnify` and `readLists` for the new configuration.
 */
export async function previewUnify<Looked>(
  engine: Engine,
  current: UnifyConfig | undefined,
  next: UnifyConfig,
  loads: readonly SourceLoad[],
  options: PreviewOptions<Looked>,
): Promise<UnifyPreview<Looked>> {
  try {
    await engine.commit([...clearPreview, sql`CREATE SCHEMA ${name(previewSchema)}`]);
    // The new one first: what is wrong with it need not wait.
    const after = await side('next', await read(next, options.folders.next));
    const warnings = [...after.result.warnings];
    const fits = current === undefined ? undefined : await readIfFit(current, warnings);
    const before = fits === undefined ? undefined : await side('current', fits);
    const { rules, people, result } = after;
    return {
      ...(before === undefined ? {} : { before: sizeOf(before.result) }),
      after: sizeOf(result),
      ...(await changedPeople(engine, {
        attributes: people.attributes.map((attribute) => attribute.name),
        before: before?.people.attributes.map((attribute) => attribute.name),
        samples: options.samples ?? defaultSamples,
      })),
      rules,
      scores: result.scores,
      largeGroups: result.largeGroups,
      largeBlocks: result.largeBlocks,
      warnings,
      looked: await options.look({
        ...(before === undefined ? {} : { current: before.people }),
        next: people,
      }),
    };
  } finally {
    // As after a refresh: the error that led here matters more.
    await engine.commit([...clearWork, ...clearPreview]).catch(() => undefined);
  }

  async function read(config: UnifyConfig, folder: string): Promise<{ plan: UnifyPlan; lists: UnifyLists }> {
    const plan = planUnify(config, loads);
    return { plan, lists: await readLists(config, plan, folder) };
  }

  async function readIfFit(
    config: UnifyConfig,
    warnings: UnifyWarning[],
  ): Promise<{ plan: UnifyPlan; lists: UnifyLists } | undefined> {
    try {
      return await read(config, options.folders.current);
    } catch (error) {
      if (!(error instanceof PostriderError && error.kind === 'input')) throw error;
      const message = `There is nothing to compare with, as the configuration that is does not fit the sources any more: ${error.message}`;
      warnings.push({ code: 'current_unfit', message });
      return undefined;
    }
  }

  async function side(
    which: PreviewSide,
    { plan, lists }: { plan: UnifyPlan; lists: UnifyLists },
  ): Promise<{ result: UnifyResult; rules: OnlyBy[]; people: PreviewedPeople }> {
    const now = engine.dialect.tryCast(sql`${options.now.toISOString()}`, 'time');
    const result = await makePeople(engine, plan, lists, { now });
    await snapshotPeople(engine, plan, which);
    const rules = which === 'next' ? await joinedOnlyBy(engine, result.rules, plan) : [];
    return {
      result,
      rules,
      people: {
        profile: previewTable(which, profileTable.table),
        record: previewTable(which, 'record'),
        attributes: plan.attributes.map((attribute) => ({ name: attribute.name, type: attribute.type })),
      },
    };
  }
}

function sizeOf({ records, profiles }: UnifyResult): PreviewedSide {
  return { records, people: profiles };
}
